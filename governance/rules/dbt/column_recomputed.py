"""DBT032: a column is computed otherwise."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rules.dbt.changed_column import ChangedColumn, used_by
from governance.rules.dbt.statement import shorten
from governance.syntax.dbt import case
from governance.syntax.dbt.column_change import ColumnChange, ColumnImpact


class ColumnRecomputed(ChangedColumn):
    """A column keeps its name and means something else.

    Nothing fails: every number made of it is simply another one, so a person is asked.
    """

    code, name, severity = "DBT032", "column-recomputed", Severity.MEDIUM
    remedy = "Say in the change why the meaning changes, and tell the owners of what uses it."
    good = (
        case(
            "models/m.sql",
            "select a + b as a from raw",
            "with t as (select * from raw) select t.a + t.b as a from t",
        ),
    )
    bad = (
        case(
            "models/m.sql",
            "select a + b as a from raw",
            "select a - b as a from raw",
            ("models/user.sql", "select a from m", "select a from m"),
        ),
    )

    def check(self, subject: ColumnImpact) -> Iterator[Finding]:
        """A column whose canonical expression is another."""
        if subject.change is ColumnChange.RECOMPUTED:
            message = (
                f"column {subject.column} of {subject.node.name} is now `{shorten(subject.after)}`, "
                f"it was `{shorten(subject.before)}`"
            )
            users = f"; used by {used_by(subject)}" if subject.users else ""
            yield from self.report(subject, message + users)
