"""A text of SQL as rules see it: statements with their trees, places, and problems met in reading."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from sqlglot import exp
from sqlglot.tokenizer_core import Token

from governance.finding import Location, Position
from governance.syntax.dialect import Dialect
from governance.syntax.sql.context import SqlContext
from governance.syntax.sql.kinds import Kind, kind_of

Node = TypeVar("Node", bound=exp.Expr)

# To ask of these whether they are nodes takes longer than of nodes, and half of all arguments are such.
_PLAIN = frozenset({str, bool, int, float, type(None)})


class Trouble(StrEnum):
    """What can be wrong with a text before its meaning is looked at."""

    DIALECT = "dialect"
    OVERSIZED = "oversized"
    HIDDEN = "hidden"
    TEMPLATE = "template"
    EXECUTABLE = "executable"
    HINT = "hint"
    DISAGREEMENT = "disagreement"
    AMBIGUOUS = "ambiguous"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the text, from character `start` to `end`."""

    trouble: Trouble
    reason: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Statement:
    """One statement: its first words, its tokens, and its tree, `None` when it could not be parsed.

    `notes` is where readers of the tree (calls, table names) keep what all rules share.
    """

    script: "Script"
    words: list[str]
    tokens: list[Token]
    tree: exp.Expr | None
    notes: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def start(self) -> int:
        """Offset of the first character."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """Offset behind the last character."""
        return self.tokens[-1].end + 1

    @cached_property
    def kind(self) -> Kind:
        """What the statement does; a tree that writes overrules first words that only promise a query."""
        kind = kind_of(self.words)
        return Kind.WRITE if kind is Kind.QUERY and isinstance(self.tree, exp.DML) else kind

    @cached_property
    def by_class(self) -> dict[type[exp.Expr], list[exp.Expr]]:
        """Every node of the tree by its class, gathered in one walk that all rules share.

        In the order of the text, what is inside of a node before the node itself: the walk is from the
        right, on a stack of its own, which takes less time than the parser's.
        """
        found: dict[type[exp.Expr], list[exp.Expr]] = defaultdict(list)
        left = [] if self.tree is None else [self.tree]
        while left:
            node = left.pop()
            found[type(node)].append(node)
            for value in node.args.values():
                if type(value) in _PLAIN:
                    continue
                if isinstance(value, list):
                    left.extend([part for part in value if isinstance(part, exp.Expr)])
                elif isinstance(value, exp.Expr):
                    left.append(value)
        for nodes in found.values():
            nodes.reverse()
        return found

    def all(self, *classes: type[Node]) -> Iterator[Node]:
        """Every node of exactly one of these classes."""
        for cls in classes:
            yield from self.by_class.get(cls, ())  # type: ignore[misc]

    def every(self, cls: type[Node]) -> Iterator[Node]:
        """Every node of this class or of one derived from it."""
        for found, nodes in self.by_class.items():
            if issubclass(found, cls):
                yield from nodes  # type: ignore[misc]

    def span(self, node: exp.Expr) -> tuple[int, int]:
        """Offsets of the text below a node; of the whole statement when no part of it has a place."""
        if node is self.tree:
            return self.start, self.end
        starts, ends = [], []
        for part in node.walk():
            end = part.meta.get("end")
            if end is not None:  # a name that the parser has made up may have half a place
                starts.append(part.meta["start"])
                ends.append(end + 1)
        return (min(starts), max(ends)) if starts else (self.start, self.end)

    def at(self, node: exp.Expr) -> Location:
        """Where a node stands."""
        return self.script.location(*self.span(node))

    def quote(self, node: exp.Expr) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.script.text[start:end]

    @property
    def location(self) -> Location:
        """Where the statement stands."""
        return self.script.location(self.start, self.end)


@dataclass(frozen=True)
class Script:
    """A text of SQL in one dialect. `problems` are what the reader met; they never stop it silently."""

    text: str
    context: SqlContext
    dialect: Dialect | None
    path: str = "<sql>"
    statements: list[Statement] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def location(self, start: int, end: int) -> Location:
        """The place between two offsets."""
        return Location(self.path, self._position(start), self._position(max(end, start)))

    def _position(self, offset: int) -> Position:
        line = bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts
