"""How a column of a model can differ from base, and what that asks of those who use it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from governance.finding import Position
from governance.syntax.dbt.graph import Node


class ColumnChange(StrEnum):
    """How a column of a model, or the model's rows, differ from base."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    RETYPED = "retyped"
    RECOMPUTED = "recomputed"
    ROWS = "rows"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class ChangeClass(StrEnum):
    """What a change asks of those who use the model, mildest first."""

    NONE = "none"
    ADDITIVE = "additive"
    SEMANTIC = "semantic"
    BREAKING = "breaking"
    UNKNOWN = "unknown"


CLASS_OF = {
    ColumnChange.ADDED: ChangeClass.ADDITIVE,
    ColumnChange.RECOMPUTED: ChangeClass.SEMANTIC,
    ColumnChange.ROWS: ChangeClass.SEMANTIC,
    ColumnChange.REMOVED: ChangeClass.BREAKING,
    ColumnChange.RENAMED: ChangeClass.BREAKING,
    ColumnChange.RETYPED: ChangeClass.BREAKING,
    ColumnChange.BROKEN: ChangeClass.BREAKING,
    ColumnChange.UNKNOWN: ChangeClass.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class ColumnImpact:
    """One changed column of a model with the nodes and exposures that use it.

    `made` are their columns that are made of it, each as a node's key and a name.
    """

    node: Node
    change: ColumnChange
    column: str = ""
    before: str = ""
    after: str = ""
    users: tuple[Node, ...] = ()
    place: Position | None = None
    made: tuple[tuple[str, str], ...] = ()


def change_class(impacts: Iterable[ColumnImpact]) -> ChangeClass:
    """The gravest class among some impacts."""
    found = {CLASS_OF[impact.change] for impact in impacts}
    return max(found, key=list(ChangeClass).index, default=ChangeClass.NONE)
