"""What the rules about changed columns share: the words for users, and the places of a finding."""

from collections.abc import Iterator

from governance.finding import Finding, Location, Severity
from governance.rule import Rule
from governance.syntax.dbt.column_change import ColumnImpact


def used_by(impact: ColumnImpact) -> str:
    """The users of a column in words."""
    names = [f"{user.kind.replace('_', ' ')} {user.name}" for user in impact.users]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


class ChangedColumn(Rule[ColumnImpact]):
    """What the rules about columns share: the places of the model and of its users."""

    category = "impact"

    def report(
        self, impact: ColumnImpact, message: str, severity: Severity | None = None
    ) -> Iterator[Finding]:
        related = tuple(Location(user.path) for user in impact.users)
        quote = f"{impact.node.name}.{impact.column}"
        place = Location(impact.node.path, impact.place)
        yield self.finding(message, place, related=related, quote=quote, severity=severity)
