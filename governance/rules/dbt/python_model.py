"""DBT012: a Python model is new or changed."""

from collections.abc import Iterator

from governance.artifact import Change
from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, DbtKind, case


class PythonModel(Rule[DbtChange]):
    """A Python model is new or changed.

    It is a program that runs with the warehouse's rights; nothing in dbt limits what it does.
    """

    code, name, severity = "DBT012", "python-model", Severity.HIGH
    category = "screen"
    remedy = "Write the model in SQL, or have the program reviewed and waived by name."
    good = (case("models/a.sql", None, "select 1 as a"),)
    bad = (case("models/a.py", None, "def model(dbt, session):\n    return dbt.ref('b')\n"),)

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """A Python model whose text is new."""
        if subject.kind is not DbtKind.PYTHON_MODEL or subject.change is Change.DELETED:
            return
        if subject.head.text.rstrip() != subject.base.text.rstrip():
            message = "this program would run on the warehouse"
            yield self.finding(message, subject.at(Position(1)), quote=subject.path)
