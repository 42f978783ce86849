"""DBT031: a column has another type."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rules.dbt.changed_column import ChangedColumn, used_by
from governance.syntax.dbt import case
from governance.syntax.dbt.column_change import ColumnChange, ColumnImpact


class ColumnRetyped(ChangedColumn):
    """A column has another type than before.

    Joins, filters and unions on it may fail, or compare differently without failing.
    """

    code, name, severity = "DBT031", "column-retyped", Severity.MEDIUM
    remedy = "Cast the column back, or check each user for what it does with the type."
    good = (case("models/m.sql", "select a, b from raw", "select cast(a as integer) as a, b from raw"),)
    bad = (
        case(
            "models/m.sql",
            "select a, b from raw",
            "select cast(a as text) as a, b from raw",
            ("models/user.sql", "select a from m", "select a from m"),
        ),
    )

    def check(self, subject: ColumnImpact) -> Iterator[Finding]:
        """A retyped column, graded by whether anything uses it."""
        if subject.change is ColumnChange.RETYPED:
            name = f"{subject.column} of {subject.node.name}"
            message = f"column {name} turns from {subject.before} into {subject.after}"
            users = f"; used by {used_by(subject)}" if subject.users else ""
            yield from self.report(subject, message + users, None if subject.users else Severity.LOW)
