"""DBT026: a function that dbt creates in the warehouse is new or changed."""

from collections.abc import Iterator

from governance.artifact import Change
from governance.finding import Finding, Position, Severity
from governance.rule import Rule
from governance.syntax.dbt import DbtChange, DbtKind, case


class FunctionChanged(Rule[DbtChange]):
    """A function that dbt creates in the warehouse is new or changed.

    Its body runs wherever a query calls it by name, also in queries that were judged without it.
    """

    code, name, severity = "DBT026", "function-changed", Severity.HIGH
    category = "screen"
    remedy = "Write the expression as a macro or a model, or have the function reviewed and waived by name."
    good = (case("models/a.sql", None, "select 1 as a"),)
    bad = (case("functions/twice.sql", None, "select x * 2"),)

    def check(self, subject: DbtChange) -> Iterator[Finding]:
        """A function whose body is new."""
        if subject.kind is not DbtKind.FUNCTION or subject.change is Change.DELETED:
            return
        if subject.head.text.split() != subject.base.text.split():
            message = "dbt would create this function in the warehouse, for every query to call"
            yield self.finding(message, subject.at(Position(1)), quote=subject.path)
