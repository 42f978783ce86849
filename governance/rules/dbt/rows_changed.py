"""DBT033: a model has other rows."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rules.dbt.changed_column import ChangedColumn, used_by
from governance.syntax.dbt import case
from governance.syntax.dbt.column_change import ColumnChange, ColumnImpact


class RowsChanged(ChangedColumn):
    """A model has other rows than before: another join, filter, grouping or limit.

    Every count and sum below it may change, though no column did and nothing fails, so a person is asked.
    """

    code, name, severity = "DBT033", "rows-changed", Severity.MEDIUM
    remedy = "Say in the change which rows come or go, and compare counts before and after."
    good = (
        case(
            "models/m.sql",
            "select a from raw where a > 1 and b > 2",
            "select a from raw where b > 2 and 1 < a",
        ),
    )
    bad = (
        case(
            "models/m.sql",
            "select a from raw where a > 1",
            "select a from raw where a >= 1",
            ("models/user.sql", "select a from m", "select a from m"),
        ),
    )

    def check(self, subject: ColumnImpact) -> Iterator[Finding]:
        """A model whose canonical FROM, WHERE or GROUP BY is another."""
        if subject.change is ColumnChange.ROWS:
            users = f"; read by {used_by(subject)}" if subject.users else ""
            message = f"which rows {subject.node.name} has is decided otherwise than before{users}"
            yield from self.report(subject, message)
