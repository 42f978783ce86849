"""DBT030: a column is removed or renamed."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rules.dbt.changed_column import ChangedColumn, used_by
from governance.syntax.dbt import case
from governance.syntax.dbt.column_change import ColumnChange, ColumnImpact


class ColumnRemovedInUse(ChangedColumn):
    """A column is removed or renamed while models, tests or exposures use it.

    They break in their next build, or, where they read it outside dbt, show nothing at all.
    """

    code, name, severity = "DBT030", "column-removed-in-use", Severity.MEDIUM
    remedy = "Keep the column until its users are changed, or change them together with it."
    good = (case("models/m.sql", "select a, b from raw", "select r.a, r.b from raw as r"),)
    bad = (
        case(
            "models/m.sql",
            "select a, b from raw",
            "select b from raw",
            ("models/user.sql", "select a from m", "select a from m"),
        ),
    )

    def check(self, subject: ColumnImpact) -> Iterator[Finding]:
        """A removed or renamed column, graded by whether anything uses it."""
        if subject.change not in (ColumnChange.REMOVED, ColumnChange.RENAMED):
            return
        became = f"renamed to {subject.after}" if subject.change is ColumnChange.RENAMED else "removed"
        message = f"column {subject.column} of {subject.node.name} is {became}"
        if subject.users:
            yield from self.report(subject, f"{message}, but used by {used_by(subject)}")
        else:
            yield from self.report(subject, f"{message}; nothing in the project uses it", Severity.LOW)
