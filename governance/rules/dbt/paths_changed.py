"""DBT022: where dbt looks for code, or what variables mean, changed."""

import re
from collections.abc import Iterator

from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, DbtKind, Entry, case

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
_DEFAULTS = {
    "model_paths": {"models"},
    "seed_paths": {"seeds"},
    "snapshot_paths": {"snapshots"},
    "analysis_paths": {"analyses"},
    "macro_paths": {"macros"},
    "test_paths": {"tests"},
    "docs_paths": {"models", "seeds", "snapshots", "analyses", "macros", "tests"},
    "clean_targets": {"target", "dbt_packages", "logs"},
}


_CODE = frozenset({"model_paths", "seed_paths", "snapshot_paths", "macro_paths", "test_paths"})
_CALL = re.compile(r"\{[{%].*\w\s*\(", re.DOTALL)
_UNREAD = (".md", ".txt", ".ipynb", ".png", ".html", ".toml", ".json", ".sh", ".DS_Store")


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
        case(".dbtignore", None, "models/orders.sql"),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """Each such setting of the project file that differs from base; code lost or of elsewhere blocks."""
        if subject.kind is DbtKind.IGNORED:
            yield from self._ignored(subject)
        if subject.kind is DbtKind.SELECTORS and (subject.new_entries or subject.gone_entries):
            message = "which nodes and tests a run selects is decided otherwise"
            yield self.finding(message, subject.at(Position(1)), quote=subject.path)
        if subject.kind is not DbtKind.PROJECT or not subject.base.text:
            return
        for entry in (*subject.new_entries, *subject.gone_entries):
            if entry.path and entry.path[0].endswith(_PATHS) and not _is_default(entry, subject):
                severity = Severity.HIGH if _takes_over(entry, subject) else Severity.MEDIUM
                message = (
                    f"{entry.path[0]}: {entry.value} changes what dbt reads or does in the whole project"
                )
                yield self.finding(
                    message, subject.at(entry.start), quote=str(entry.value), severity=severity
                )

    def _ignored(self, subject: DbtChange) -> Iterator[Finding]:
        known = set(subject.base.text.split("\n"))
        for number, line in enumerate(subject.head.text.split("\n"), start=1):
            if line.strip() and not line.startswith("#") and line not in known:
                unread = line.strip().endswith(_UNREAD)
                severity = Severity.LOW if unread else Severity.HIGH
                message = f"dbt would not see {line.strip()} any more, neither models nor tests"
                yield self.finding(message, subject.at(Position(number), line), quote=line, severity=severity)


def _is_default(entry: Entry, subject: DbtChange) -> bool:
    """Whether a project that said nothing about a setting now says what dbt does anyway."""
    said = _DEFAULTS.get(entry.path[0], set())
    folders = {str(e.value) for e in subject.head.document.entries.values() if e.path[0] == entry.path[0]}
    before = any(path[0] == entry.path[0] for path in subject.base.document.entries)
    folders_stay = folders >= said or entry.path[0] in ("docs_paths", "clean_targets")
    return not before and str(entry.value) in said and folders_stay


def _takes_over(entry: Entry, subject: DbtChange) -> bool:
    """Whether files of elsewhere are read or deleted, code is lost, or every statement gets other words."""
    name, value = entry.path[0], str(entry.value)
    if value.startswith(("/", "..", "~")) or "/.." in value or name == "packages_install_path":
        return True
    if name == "query_comment":
        return bool(_CALL.search(value))
    head, base = (
        {str(e.value) for e in side.document.entries.values() if e.path[0] == name}
        for side in (subject.head, subject.base)
    )
    return name in _CODE and bool((base or _DEFAULTS[name]) - (head or _DEFAULTS[name]))
