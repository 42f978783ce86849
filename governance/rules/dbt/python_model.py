"""DBT012: a Python model is new or changed."""

import ast
from collections.abc import Iterator

from governance.artifact import Change
from governance.errors import InvalidInput
from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.rules.dbt import HOLD
from governance.rules.dbt.meta import below_meta
from governance.syntax.dbt import DbtChange, DbtKind, case
from governance.syntax.dbt.yaml import normal
from governance.syntax.python import imported, position, read_module

_LIBRARIES = (
    *(
        "pandas",
        "numpy",
        "datetime",
        "math",
        "re",
        "json",
        "decimal",
        "collections",
        "itertools",
        "functools",
    ),
    *("functools", "typing", "statistics", "string", "__future__", "dataclasses", "enum", "dateutil"),
    *("snowflake.snowpark.functions", "snowflake.snowpark.types", "snowflake.snowpark.window"),
    *("sklearn", "scipy", "holidays"),
    *("pyspark.sql.functions", "pyspark.sql.types", "pyspark.sql.window", "pyspark.pandas"),
)
_ACTING = frozenset(
    {
        *("eval", "exec", "compile", "open", "getattr", "setattr", "delattr", "globals", "locals", "vars"),
        *("sql", "execute", "call", "query", "copy_into_table", "delete", "update", "merge", "drop_table"),
        *("input", "breakpoint", "load", "loads", "to_sql", "to_csv", "to_parquet", "to_pickle", "to_json"),
        *("file", "add_import", "add_packages", "sparkContext", "catalog", "conf", "environ", "system"),
    }
)
_LOADED = frozenset(
    {
        *("packages", "imports", "additional_libs", "submission_method", "python_version", "cluster_id"),
        *("job_cluster_config", "cluster_config", "python_job_config", "external_access_integrations"),
    }
)


class PythonModel(Rule[DbtChange]):
    """A Python model is new or changed.

    It is a program that runs with the warehouse's rights; nothing in dbt limits what it does. One that
    only computes with tables, as far as its text tells, is for review.
    """

    code, name, severity = "DBT012", "python-model", Severity.HIGH
    category = HOLD
    remedy = "Write the model in SQL, or have the program reviewed and waived by name."
    good = (case("models/a.sql", None, "select 1 as a"),)
    bad = (
        case("models/a.py", None, "def model(dbt, session):\n    return dbt.ref('b')\n"),
        case("models/a.py", None, "def model(dbt, session):\n    return session.sql('drop table t')\n"),
        case("models/a.yml", None, "models: [{name: a, config: {packages: [x]}}]"),
    )

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """A Python model whose text is new, and what one newly loads or where it newly runs."""
        for entry in subject.new_entries if subject.kind in (DbtKind.PROPERTIES, DbtKind.PROJECT) else ():
            setting = next((normal(key) for key in entry.keys if normal(key) in _LOADED), "")
            if setting and entry.value and not below_meta(entry.keys, subject.kind):
                message = f"{setting}: {entry.value} decides what code a Python model loads or where it runs"
                severity = Severity.MEDIUM if setting == "packages" else self.severity
                quote = f"{setting}: {entry.value}"
                yield self.finding(message, subject.at(entry.start), quote=quote, severity=severity)
        for key, (_, value, place) in subject.new_settings.items():
            if key in _LOADED:
                message = f"{key}: {value.strip()} decides what code a Python model loads or where it runs"
                severity = Severity.MEDIUM if key == "packages" else self.severity
                yield self.finding(message, subject.at(place), quote=f"{key}: {value}", severity=severity)
        if subject.kind is not DbtKind.PYTHON_MODEL or subject.change is Change.DELETED:
            return
        if subject.head.text.rstrip() != subject.base.text.rstrip():
            what, place = next(_acts(subject.head.text), ("", Position(1)))
            message = f"this program would run on the warehouse{what and f', and {what}'}"
            severity = self.severity if what else Severity.MEDIUM
            yield self.finding(message, subject.at(place), quote=subject.path, severity=severity)


def _acts(text: str) -> Iterator[tuple[str, Position]]:
    """What a program does besides computing with tables, in words, and where."""
    try:
        module = read_module(text)
    except InvalidInput:
        yield "cannot be read", Position(1)
        return
    for statement, name in imported(module):
        if not any(name == library or name.startswith(f"{library}.") for library in _LIBRARIES):
            yield f"imports {name}", position(statement, text)
    for node in ast.walk(module):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name in _ACTING or name.startswith(("__", "save", "read_", "write")):
            yield f"uses {name}", position(node, text)
