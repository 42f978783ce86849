"""DBT034: a query below a change can no longer be built."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rules.dbt.changed_column import ChangedColumn, used_by
from governance.syntax.dbt import case
from governance.syntax.dbt.column_change import ColumnChange, ColumnImpact


class QueryBroken(ChangedColumn):
    """A model or test that could be built on base cannot be any more, for what changed above it.

    A new column makes a name ambiguous, or two sides of a union differ in number or type: the change looks
    harmless where it was made.
    """

    code, name, severity = "DBT034", "query-broken", Severity.MEDIUM
    remedy = "Name the columns that the query means, or change it together with what it reads."
    good = (
        case(
            "models/m.sql",
            "select a, b from raw",
            "select a, b, 1 as c from raw",
            ("models/user.sql", "select * from m", "select * from m"),
        ),
    )
    bad = (
        case(
            "models/m.sql",
            "select a, b from raw",
            "select a, b, 1 as c from raw",
            (
                "models/user.sql",
                "select 1 as a, 2 as b union all select * from m",
                "select 1 as a, 2 as b union all select * from m",
            ),
        ),
    )

    def check(self, subject: ColumnImpact) -> Iterator[Finding]:
        """A query that DuckDB bound to the tables of base and does not bind to those of head."""
        if subject.change is ColumnChange.BROKEN:
            users = f"; read by {used_by(subject)}" if subject.users else ""
            yield from self.report(subject, f"{subject.node.name} no longer binds: {subject.after}{users}")
