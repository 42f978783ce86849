"""The pieces of a template in the order in which they may be rendered: literal text, and holes between.

A hole is what an expression, or a block that hands its body to a macro, fills with text that does not stand
in the template. Pieces are read by Jinja's own lexer, so that what it strips is stripped here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import jinja2

from governance.syntax.dbt.jinja import ENVIRONMENT

START, END = -1, -2
_SILENT = frozenset({"macro", "test", "data_test", "materialization", "docs", "set"})
_FILLED = frozenset({"call", "filter"})
_OPENING = frozenset({"if", "for", "snapshot", *_SILENT, *_FILLED})
_WITH = re.compile(r"\bwith\b", re.IGNORECASE)


class NotRead(Exception):
    """Raised where a template is no sequence of pieces."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Literal `text` at an offset of the template; a hole, which ends at `end`, has none."""

    start: int
    end: int
    text: str = ""


@dataclass(slots=True)
class _Step:
    """A piece, or nothing at all, and the steps that may follow."""

    piece: Piece | None
    after: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Tag:
    """`{% … %}`: its keyword, where it stands, and whether it assigns a value."""

    word: str
    start: int
    end: int
    assigns: bool = False


class Pieces:
    """The literal pieces of a template, and which may be rendered after which, through which hole."""

    def __init__(self, template: str, injected: bool) -> None:
        self._steps: list[_Step] = [_Step(None)]
        self._parts = list(_read(template, injected))
        self._snapshots: list[int] = []
        first = self._sequence(_Reader(self._parts), 0)
        self.literals = {
            at: step.piece for at, step in enumerate(self._steps) if step.piece and step.piece.text
        }
        firsts = self._snapshots or [first]
        self.after = {START: tuple(self._reach(firsts))}
        self.after |= {at: tuple(self._reach(self._steps[at].after)) for at in self.literals}

    def _reach(self, steps: list[int]) -> Iterator[tuple[int, Piece | None]]:
        """The literals, or the end, that follow, each with the first hole on the way to it."""
        ahead: list[tuple[int, Piece | None]] = [(at, None) for at in reversed(steps)]
        seen = set()
        while ahead:
            at, hole = ahead.pop()
            if (at, hole) in seen:
                continue
            seen.add((at, hole))
            step = self._steps[at]
            if at == 0:
                yield END, hole
            elif step.piece and step.piece.text:
                yield at, hole
            else:
                ahead.extend((near, hole or step.piece) for near in reversed(step.after))

    def _add(self, piece: Piece | None, after: list[int]) -> int:
        self._steps.append(_Step(piece, after))
        return len(self._steps) - 1

    def _sequence(self, reader: "_Reader", after: int) -> int:
        """The first step of what stands up to a tag that ends it; what comes `after` is known already."""
        nodes = reader.nodes()
        if reader.tag is not None:
            raise NotRead
        return self._chain(nodes, after)

    def _chain(self, nodes: list["_Node"], after: int) -> int:
        for node in reversed(nodes):
            after = self._node(node, after)
        return after

    def _node(self, node: "_Node", after: int) -> int:
        if isinstance(node, Piece):
            return self._add(node, [after])
        word = node.tag.word
        if word == "if":
            ways = [self._chain(branch, after) for branch in node.branches]
            return self._add(None, ways if node.has_else else [*ways, after])
        if word == "for":
            again = self._add(None, [])
            self._steps[again].after = [self._chain(node.branches[0], again), after]
            none = [self._chain(branch, after) for branch in node.branches[1:]]
            return self._add(None, [again, *none])
        if word in _FILLED:
            hole = Piece(node.tag.start, node.tag.end)
            last = self._add(hole, [after])
            body = self._chain(node.branches[0], last)
            return self._add(hole, [body, last])
        if word == "snapshot":  # rendered alone, whatever else the file holds
            self._snapshots.append(self._chain(node.branches[0], 0))
        return after


@dataclass(frozen=True, slots=True)
class _Block:
    """A block with the branches that its tags divide it into."""

    tag: _Tag
    branches: list[list["_Node"]]
    has_else: bool = False


_Node = Piece | _Block


class _Reader:
    """Reads parts into nodes; `tag` is the one that has ended a sequence."""

    def __init__(self, parts: list[Piece | _Tag]) -> None:
        self._parts = iter(parts)
        self.tag: _Tag | None = None

    def nodes(self) -> list[_Node]:
        found: list[_Node] = []
        for part in self._parts:
            if isinstance(part, Piece):
                found.append(part)
            elif part.word in _OPENING and not part.assigns:
                found.append(self._block(part))
            elif part.word == "include":
                found.append(Piece(part.start, part.end))
            elif part.word.startswith("end") or part.word in ("else", "elif"):
                self.tag = part
                return found
        self.tag = None
        return found

    def _block(self, opening: _Tag) -> _Block:
        branches, has_else = [], False
        while True:
            branches.append(self.nodes())
            if self.tag is None:
                raise NotRead
            if self.tag.word.startswith("end"):
                return _Block(opening, branches, has_else)
            has_else = has_else or self.tag.word == "else"


def _read(template: str, injected: bool) -> Iterator[Piece | _Tag]:
    """Literal text, holes and tags; with `injected`, dbt may have put others' SQL first or behind `with`."""
    if injected:
        yield Piece(0, 0)
    for part in _parts(template):
        found = _WITH.search(part.text) if injected and isinstance(part, Piece) and part.text else None
        if found and isinstance(part, Piece):
            injected, cut = False, found.end()
            yield Piece(part.start, part.start + cut, part.text[:cut])
            yield Piece(part.start + cut, part.start + cut)
            part = Piece(part.start + cut, part.end, part.text[cut:])
        if isinstance(part, _Tag) or part.text or part.end > part.start:
            yield part


def _parts(template: str) -> Iterator[Piece | _Tag]:
    at, opened, names, assigns = 0, 0, [""], False
    try:
        for _, kind, value in ENVIRONMENT.lexer.tokeniter(template, None):
            start = template.index(value, at)
            at = start + len(value)
            if kind == "data" and value:
                yield Piece(start, at, value)
            elif kind in ("variable_begin", "block_begin"):
                opened, names, assigns = start, [], False
            elif kind == "name":
                names.append(value)
            elif kind == "operator" and value == "=":
                assigns = True
            elif kind == "variable_end" and names[:1] != ["config"]:
                yield Piece(opened, start + len(value.rstrip()))
            elif kind == "block_end":
                word = names[0] if names else ""
                yield _Tag(word, opened, start + len(value.rstrip()), assigns and word == "set")
    except (jinja2.TemplateSyntaxError, ValueError) as error:
        raise NotRead from error
