"""Where each letter of rendered text stands in its template.

The literal pieces of the template are found again in the rendered text, in an order in which they may be
rendered, so that as much of it as can be is literal. What stands between comes from a hole, and points at the
expression there: also what a macro elsewhere has produced. A piece of a loop may be found many times.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from governance.finding import Position
from governance.syntax.dbt.pieces import END, START, NotRead, Piece, Pieces

_MOST = 400_000
_LETTER, _EMPTY = 2, 1
"""What a letter of a hole costs, and a hole without any: expressions that render nothing are rare."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of the rendered text from `start` on, and the piece of the template that it comes from."""

    start: int
    piece: Piece


class Places:
    """Places of a rendered text in its template; without an alignment every answer is `None`."""

    def __init__(self, template: str, rendered: str) -> None:
        text = template.replace("\r\n", "\n")
        self._lead = len(text) - len(text.lstrip())  # dbt strips a file before it renders it
        self._template, self._rendered = _Lines(text), _Lines(rendered)
        self._parts = _aligned(text.strip(), rendered)
        self._starts = [part.start for part in self._parts]

    def at(self, place: Position) -> Position | None:
        """Where the letter at a place of the rendered text comes from: its own, or that of an expression."""
        found = self._offsets(place)
        return found and self._template.position(found[0])

    def until(self, place: Position) -> Position | None:
        """The same for a place that ends a stretch, which it does not belong to."""
        offset = self._rendered.offset(place)
        found = self._offsets(self._rendered.position(offset - 1)) if offset else None
        return found and self._template.position(found[1])

    def _offsets(self, place: Position) -> tuple[int, int] | None:
        offset = self._rendered.offset(place)
        number = bisect_right(self._starts, offset) - 1
        if number < 0 or offset is None:
            return None
        part = self._parts[number]
        piece = part.piece
        if piece.start == piece.end:  # another model's SQL
            return None
        start = piece.start + (offset - part.start if piece.text else 0)
        return self._lead + start, self._lead + (start + 1 if piece.text else piece.end)


class _Lines:
    """A text by lines and columns, and by offsets."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        for line in text.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def offset(self, place: Position) -> int:
        line = min(place.line, len(self._starts) - 1)
        return min(self._starts[line - 1] + place.column - 1, self._starts[line] - 1)

    def position(self, offset: int) -> Position:
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)


def _aligned(template: str, rendered: str) -> tuple[_Part, ...]:
    """The parts of the rendered text in order; none for another template's text, or for too long a one."""
    try:
        pieces = Pieces(template, injected="__dbt__cte__" in rendered)
    except NotRead:
        return ()
    found = _Search(pieces, rendered)
    return tuple(found.parts()) if found.ends else ()


_Back = tuple[int, int, Piece | None]


class _Search:
    """The cheapest way through the pieces that leaves no letter of the rendered text without a place.

    A literal and where it starts is a state; its cost, and the state before it with the hole between, are
    kept. `waiting` holds for each literal the cheapest way to it through a hole, counted from offset zero.
    """

    def __init__(self, pieces: Pieces, rendered: str) -> None:
        self._literals, self._after, self._length = pieces.literals, pieces.after, len(rendered)
        self._back: dict[tuple[int, int], _Back] = {}
        self._waiting: dict[int, tuple[int, _Back]] = {}
        self._ended: dict[int, list[tuple[int, int, int]]] = {0: [(0, START, 0)]}
        self.ends = self._run(rendered)

    def _run(self, rendered: str) -> bool:
        starting = _occurrences(self._literals, rendered)
        if sum(map(len, starting.values())) > _MOST:
            return False
        for offset in sorted({0, self._length, *starting, *_ends(starting, self._literals)}):
            direct: dict[int, tuple[int, _Back]] = {}
            holes: list[tuple[int, int, _Back]] = []
            for cost, literal, start in self._ended.pop(offset, ()):
                for near, hole in self._after[literal]:
                    back = (literal, start, hole)
                    reached = cost + (_EMPTY if hole else 0)
                    if near not in direct or reached < direct[near][0]:
                        direct[near] = reached, back
                    if hole:
                        holes.append((near, cost - _LETTER * offset, back))
            for literal in (*starting.get(offset, ()), *((END,) if offset == self._length else ())):
                self._enter(literal, offset, direct.get(literal))
            for near, key, back in holes:
                if near not in self._waiting or key < self._waiting[near][0]:
                    self._waiting[near] = key, back
        return (END, self._length) in self._back

    def _enter(self, literal: int, offset: int, direct: tuple[int, _Back] | None) -> None:
        ways = [direct] if direct else []
        if literal in self._waiting:
            key, back = self._waiting[literal]
            ways.append((key + _LETTER * offset, back))
        if ways:
            cost, self._back[literal, offset] = min(ways, key=lambda way: way[0])
            if literal != END:
                end = offset + len(self._literals[literal].text)
                self._ended.setdefault(end, []).append((cost, literal, offset))

    def parts(self) -> Iterator[_Part]:
        """The parts of the way that was found, in order."""
        found: list[_Part] = []
        state = END, self._length
        while state[0] != START:
            literal, start, hole = self._back[state]
            if state[0] != END:
                found.append(_Part(state[1], self._literals[state[0]]))
            end = start + len(self._literals[literal].text) if literal != START else 0
            if hole and end < state[1]:
                found.append(_Part(end, hole))
            state = literal, start
        return reversed(found)


def _occurrences(literals: dict[int, Piece], rendered: str) -> dict[int, list[int]]:
    """The literals that stand at each offset of a text."""
    named: dict[str, list[int]] = {}
    for at, piece in literals.items():
        named.setdefault(piece.text, []).append(at)
    found: dict[int, list[int]] = {}
    for text, those in named.items():
        offset = rendered.find(text)
        while offset >= 0:
            found.setdefault(offset, []).extend(those)
            offset = rendered.find(text, offset + 1)
    return found


def _ends(starting: dict[int, list[int]], literals: dict[int, Piece]) -> Iterator[int]:
    return (offset + len(literals[at].text) for offset, those in starting.items() for at in those)
