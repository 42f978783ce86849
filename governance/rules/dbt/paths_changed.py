"""DBT022: where dbt looks for code, or what variables mean, changed."""

from collections.abc import Iterator

from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, DbtKind, case

_PATHS = (
    "_paths",
    "_path",
    "packages_install_path",
    "clean_targets",
    "flags",
    "require_dbt_version",
    "query_comment",
    "quoting",
)


class PathsChanged(Rule[DbtChange]):
    """Where dbt looks for code, what it deletes, or how it behaves, changed for the whole project.

    Another `macro-paths` brings in files that nobody judged; another `clean-targets` deletes
    folders.
    """

    code, name, severity = "DBT022", "project-paths-changed", Severity.MEDIUM
    category = "screen"
    remedy = "Keep the project's layout as it is, or change it in a commit of its own."
    good = (case("dbt_project.yml", "name: shop\n", "name: shop\nversion: '1.1'\n"),)
    bad = (
        case("dbt_project.yml", "name: shop\n", "name: shop\nmacro-paths: ['../elsewhere']\n"),
        case("dbt_project.yml", "name: shop\n", "name: shop\nclean-targets: [models]\n"),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each such setting of the project file that differs from base; outside paths block."""
        if subject.kind is DbtKind.SELECTORS and (subject.new_entries or subject.gone_entries):
            message = "which nodes and tests a run selects is decided otherwise"
            yield self.finding(message, subject.at(Position(1)), quote=subject.path)
        if subject.kind is not DbtKind.PROJECT or not subject.base.text:
            return
        for entry in (*subject.new_entries, *subject.gone_entries):
            if entry.path and entry.path[0].endswith(_PATHS):
                outside = str(entry.value).startswith(("/", "..", "~")) or "/.." in str(entry.value)
                severity = Severity.HIGH if outside else Severity.MEDIUM
                message = (
                    f"{entry.path[0]}: {entry.value} changes what dbt reads or does in the whole project"
                )
                yield self.finding(
                    message, subject.at(entry.start), quote=str(entry.value), severity=severity
                )
