"""DBT012: a Python model is new or changed."""

from collections.abc import Iterator

from governance.artifact import Change
from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.rules.dbt.meta import below_meta
from governance.syntax.dbt import DbtChange, DbtKind, case
from governance.syntax.dbt.yaml import normal

_LOADED = frozenset(
    {
        *("packages", "imports", "additional_libs", "submission_method", "python_version", "cluster_id"),
        *("job_cluster_config", "cluster_config", "python_job_config", "external_access_integrations"),
    }
)


class PythonModel(Rule[DbtChange]):
    """A Python model is new or changed.

    It is a program that runs with the warehouse's rights; nothing in dbt limits what it does.
    """

    code, name, severity = "DBT012", "python-model", Severity.HIGH
    category = "screen"
    remedy = "Write the model in SQL, or have the program reviewed and waived by name."
    good = (case("models/a.sql", None, "select 1 as a"),)
    bad = (
        case("models/a.py", None, "def model(dbt, session):\n    return dbt.ref('b')\n"),
        case("models/a.yml", None, "models: [{name: a, config: {packages: [x]}}]"),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """A Python model whose text is new, and what one newly loads or where it newly runs."""
        for entry in subject.new_entries if subject.kind in (DbtKind.PROPERTIES, DbtKind.PROJECT) else ():
            setting = next((normal(key) for key in entry.keys if normal(key) in _LOADED), "")
            if setting and entry.value and not below_meta(entry.keys, subject.kind):
                message = f"{setting}: {entry.value} decides what code a Python model loads or where it runs"
                yield self.finding(message, subject.at(entry.start), quote=f"{setting}: {entry.value}")
        for key, (_, value, place) in subject.new_settings.items():
            if key in _LOADED:
                message = f"{key}: {value.strip()} decides what code a Python model loads or where it runs"
                yield self.finding(message, subject.at(place), quote=f"{key}: {value}")
        if subject.kind is not DbtKind.PYTHON_MODEL or subject.change is Change.DELETED:
            return
        if subject.head.text.rstrip() != subject.base.text.rstrip():
            message = "this program would run on the warehouse"
            yield self.finding(message, subject.at(Position(1)), quote=subject.path)
