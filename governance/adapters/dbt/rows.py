"""Rows made up for sources that a change reads: the same for the same change, keeping what is declared.

What is unique is so, what is promised to be there is, values are those that are accepted, and what refers to
another source is among its rows. Apart from that there are the things that SQL goes wrong on: NULL, rows that
return, keys without a partner, values on both sides of each bound that the SQL compares with.
"""

import datetime
import random
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from governance.syntax.dbt.sources.evidence import Kind
from governance.syntax.dbt.sources.reading import Place
from governance.syntax.dbt.sources.shapes import Column, Domain, Shape, Shapes

ROWS = 200
_LAST_DAY = datetime.date(2024, 12, 31)
_DAYS = 1400
_STEP = 37  # shares no factor with the days, so that no day returns before all have come
_PRIME = 99_991
_SPARE = 60  # keys that no row is unique by
_EVERY = 25  # row in which a key has no partner
_KEY = re.compile(r"(^|_)(id|key|sk|pk|no|number)$")
_VARIETY = {Kind.BOOLEAN: 2, Kind.TEXT: 12, Kind.NUMBER: 40, Kind.DATE: 150, Kind.TIMESTAMP: 190}

Values = list[str | None]
"""One column, each value as text."""


@dataclass(frozen=True)
class Made:
    """The rows of one source by column, each value as text."""

    columns: tuple[tuple[str, str], ...]
    values: tuple[Values, ...]

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.values[0]) if self.values else 0


def made_rows(
    shapes: Shapes, seeds: Mapping[Place, Sequence[str]] | None = None, rows: int = ROWS
) -> dict[str, Made]:
    """Rows for each source, `rows` of them at most; `seeds` has the values of seeds' columns."""
    return _Maker(shapes, seeds or {}, rows).all()


class _Vocabulary:
    """The values of a domain in order: the `first` are to be met, then come others where others may be."""

    def __init__(self, domain: Domain, known: Sequence[str], rows: int) -> None:
        first = [value for value in domain.values if not known or value in known]
        self.met = () if known else domain.values
        self.only = domain.only and bool(first)
        if known and not self.only:
            first = list(known)
        self.first = len(first)
        self.values = first
        if self.only:
            return
        taken = {_plain(value, domain.kind) for value in first}
        if domain.kind is Kind.BOOLEAN:
            self.values = [*first, *(value for value in ("false", "true") if value not in taken)]
            return
        others = (_made(domain, number) for number in range(rows + _SPARE + len(taken)))
        self.values = [*first, *(value for value in others if _plain(value, domain.kind) not in taken)]

    def __len__(self) -> int:
        return len(self.values)


class _Maker:
    def __init__(self, shapes: Shapes, seeds: Mapping[Place, Sequence[str]], rows: int) -> None:
        self._shapes = shapes
        self._rows = rows
        self._seeds = {place: list(dict.fromkeys(values)) for place, values in seeds.items()}
        self._words = [_Vocabulary(domain, self._known(domain), rows) for domain in shapes.domains]
        self._tables: dict[str, dict[str, Values]] = {}
        self._keyed = {
            column.domain for shape in shapes.sources.values() for column in shape.columns if column.unique
        } | {number for number, domain in enumerate(shapes.domains) if domain.seeds}

    def _known(self, domain: Domain) -> list[str]:
        return [value for place in domain.seeds for value in self._seeds.get(place, ())]

    def all(self) -> dict[str, Made]:
        """The rows of all sources."""
        for key in self._order():
            self._tables[key] = self._table(self._shapes.sources[key])
        while self._mended():
            pass
        return {
            key: Made(
                tuple((column.name, column.kind) for column in shape.columns),
                tuple(self._tables[key][column.name.lower()] for column in shape.columns),
            )
            for key, shape in self._shapes.sources.items()
        }

    def _order(self) -> list[str]:
        """Sources after those that they refer to, as far as these do not refer to each other."""
        done: dict[str, None] = {}

        def visit(key: str, above: frozenset[str]) -> None:
            if key in done or key in above:
                return
            for column in self._shapes.sources[key].columns:
                for parent, _ in sorted(column.parents):
                    if parent in self._shapes.sources:
                        visit(parent, above | {key})
            done.setdefault(key)

        for key in sorted(self._shapes.sources):
            visit(key, frozenset())
        return list(done)

    def _table(self, shape: Shape) -> dict[str, Values]:
        rows = self._rows
        for column in shape.columns:
            if column.unique:
                choices = self._choices(shape.key, column)
                filled = len(choices) * 4 // 5 if choices is not None else len(self._words[column.domain])
                rows = min(rows, filled)
        table = {column.name.lower(): self._column(shape, column, rows) for column in shape.columns}
        self._ascend(shape, table)
        return table

    def _choices(self, key: str, column: Column) -> list[str] | None:
        """The values that what a column refers to has, where it refers to others that are made already."""
        found: list[list[str]] = []
        for source, name in sorted(column.parents):
            values: Sequence[str | None] | None = self._seeds.get((source, name))
            if source != key and source in self._tables:
                values = self._tables[source].get(name)
            if values is not None:
                found.append(list(dict.fromkeys(value for value in values if value is not None)))
        if not found:
            return None
        return [value for value in found[0] if all(value in other for other in found[1:])]

    def _column(self, shape: Shape, column: Column, rows: int) -> Values:
        chance = random.Random(f"{shape.key} {column.name.lower()}")
        words, choices = self._words[column.domain], self._choices(shape.key, column)
        values = words.values if choices is None else choices
        if choices is not None and words.only:
            values = [value for value in choices if value in words.values]
        offset, found, filled = chance.randrange(7, 20), Values(), 0
        for row in range(rows):
            if _null(column, row, offset) or not values:
                found.append(None)
                continue
            place = self._place(column, row, filled, len(values), chance, choices is not None)
            found.append(values[place % len(values)] if not column.unique else values[place])
            filled += 1
        return found

    def _place(
        self, column: Column, row: int, filled: int, size: int, chance: random.Random, refers: bool
    ) -> int:
        """Which of the values stands in a row."""
        words = self._words[column.domain]
        if column.unique:
            return filled
        if not refers and words.met and row % 2 == 0:
            return row // 2 % len(words.met)
        if column.repeated:
            return row * 7 // 10
        keyed = column.domain in self._keyed
        if keyed and not refers and not words.only and row % _EVERY == 3 and not column.parents:
            return size - 1 - row % _SPARE
        domain = self._shapes.domains[column.domain]
        variety = size if refers else _VARIETY.get(domain.kind, 12) + words.first
        if keyed and not refers:
            variety = words.first if domain.seeds else self._rows * 3 // 4
        variety = max(min(variety, size), 1)
        return min(chance.randrange(variety), chance.randrange(variety))

    def _ascend(self, shape: Shape, table: dict[str, Values]) -> None:
        """Keys that refer to the own table, or to each other, lead nowhere in a circle."""
        for domain in sorted({column.domain for column in shape.columns} & self._keyed):
            columns = [column for column in shape.columns if column.domain == domain]
            rank = {value: place for place, value in enumerate(self._words[domain].values)}
            key = next((column for column in columns if column.unique), None) or columns[0]
            others = [column for column in columns if column is not key and not column.unique]
            keys = table[key.name.lower()]
            for column in others:
                own = table[column.name.lower()]
                earlier: list[str] = []
                for row, value in enumerate(own):
                    mine = keys[row]
                    if value is not None and mine is not None and rank.get(value, 0) >= rank.get(mine, 0):
                        nothing = None if column.nulls else mine
                        own[row] = earlier[row % len(earlier)] if earlier else nothing
                    earlier += [mine] if mine is not None else []

    def _mended(self) -> bool:
        """Take out rows that break a key, lack a value or refer to nothing; whether there were any."""
        for key, shape in self._shapes.sources.items():
            table = self._tables[key]
            rows = len(next(iter(table.values()), []))
            wrong = self._doubled(shape, table, rows) | self._astray(shape, table, rows)
            if wrong:
                for name, values in table.items():
                    table[name] = [value for row, value in enumerate(values) if row not in wrong]
                return True
        return False

    def _doubled(self, shape: Shape, table: Mapping[str, Values], rows: int) -> set[int]:
        found: set[int] = set()
        for names in shape.together:
            seen: set[tuple[str | None, ...]] = set()
            for row in range(rows):
                value = tuple(table[name][row] for name in names if name in table)
                found |= {row} if value in seen else set()
                seen.add(value)
        return found

    def _astray(self, shape: Shape, table: Mapping[str, Values], rows: int) -> set[int]:
        found: set[int] = set()
        for column in shape.columns:
            own = table[column.name.lower()]
            found |= set() if column.nulls else {row for row in range(rows) if own[row] is None}
            for source, name in column.parents:
                values = self._tables.get(source, {}).get(name)
                if values is None and (source, name) in self._seeds:
                    values = list(self._seeds[source, name])
                if values is not None:
                    there = {*values, None}
                    found |= {row for row in range(rows) if own[row] not in there}
        return found


def _null(column: Column, row: int, offset: int) -> bool:
    """Whether a column is NULL in a row: in every other of the even ones, or here and there."""
    if column.nulls >= 0.5:
        return row % 2 == 0
    every = round(1 / column.nulls) if column.nulls else 0
    return every > 0 and row % every == offset % every


def _plain(value: str, kind: Kind) -> object:
    """A value so that two which an engine takes for the same are the same."""
    if kind is Kind.NUMBER:
        try:
            return round(float(value), 2)
        except ValueError:
            return value
    if kind in (Kind.DATE, Kind.TIMESTAMP):
        return value[:10] if value[10:].strip(" T0:") == "" else value
    return value


def _made(domain: Domain, number: int) -> str:
    """A value of a domain, another for each number."""
    day = _LAST_DAY - datetime.timedelta(days=number * _STEP % _DAYS)
    match domain.kind:
        case Kind.NUMBER:
            return _number(domain, number)
        case Kind.DATE:
            return day.isoformat()
        case Kind.TIMESTAMP:
            return f"{day} {number % 24:02}:{number * 7 % 60:02}:{number * 11 % 60:02}"
        case Kind.JSON:
            return f'{{"id": {number + 1}}}'
        case Kind.UUID:
            return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{domain.name} {number}"))
    return _word(domain.name, number)


def _number(domain: Domain, number: int) -> str:
    """A modest number that is not negative, beginning with nothing at all where it is no key."""
    if domain.whole:
        return str(number + (1 if _KEY.search(domain.name) else 0))
    cents = number * 7919 % _PRIME
    return f"{cents // 100}.{cents % 100:02}"


def _word(name: str, number: int) -> str:
    words = name.split("_")
    if "email" in words:
        return f"person{number + 1}@example.com"
    if words[-1] in ("url", "link"):
        return f"https://example.com/{number + 1}"
    if "currency" in words:
        return f"C{number:02}"
    return f"{' '.join(words)} {number + 1}"
