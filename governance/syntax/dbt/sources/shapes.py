"""What rows of a source must look like: its columns with types, keys, and the values they share or must meet.

Told by both sides of a change together, so that both get the same rows.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from governance.syntax.dbt.graph import RENDERED_FOR, Graph, Node
from governance.syntax.dbt.sources.evidence import Hint, Kind, Nulls, Ranked, Strength, Value
from governance.syntax.dbt.sources.reading import Place, Promises, Readers, Reading, readers_of
from governance.syntax.dbt.sources.types import by_name, decided, duckdb_type, fits

_KEY = re.compile(r"(?:(?P<entity>.*)_)?(?:id|key|uuid|sk|pk)")


@dataclass(frozen=True, slots=True)
class Domain:
    """Values that columns share. `values` come first and are to be met; with `only` there are no others.

    `whole`: numbers without a fraction.
    """

    name: str
    kind: Kind
    whole: bool = False
    values: tuple[str, ...] = ()
    only: bool = False
    seeds: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a source. `kind` is its type in DuckDB's words, `declared` if it was not inferred.

    `nulls` says in which part of the rows it is NULL; `parents` are columns that have each of its values.
    """

    name: str
    kind: str
    domain: int
    unique: bool = False
    nulls: float = 0.0
    repeated: bool = False
    parents: frozenset[Place] = frozenset()
    declared: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """One source. `together` are columns that make a key with each other."""

    key: str
    columns: tuple[Column, ...]
    together: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Shapes:
    """The sources of a change of which any column is known, and the values that they share."""

    sources: Mapping[str, Shape] = field(default_factory=dict)
    domains: tuple[Domain, ...] = ()


def shapes_of(
    head: Graph, base: Graph, wanted: Iterable[str], sources: Iterable[str], dialect: str = RENDERED_FOR
) -> Shapes:
    """The shapes of sources, told by what is built of both sides and by the nearest readers."""
    keys, built = set(sources), set(wanted)
    sides = [
        Readers(graph, readers_of(graph, built, keys), dialect).reading()
        for graph in ([head] if head is base else [head, base])
    ]
    stored = {
        key: node
        for graph in (base, head)
        for key, node in graph.nodes.items()
        if node.kind in ("seed", "source")
    }
    return _Shaping(stored, sides).shapes(sorted(keys))


class _Shaping:
    """Brings together what both sides tell; head comes first."""

    def __init__(self, nodes: Mapping[str, Node], sides: list[Reading]) -> None:
        self._nodes = nodes
        self._sides = sides
        self._promises = _together(sides)
        self._hints: dict[Place, list[Hint]] = {}
        self._values: dict[Place, list[Value]] = {}
        self._nulls: dict[Place, list[Nulls]] = {}
        self._ranked: set[Place] = set()
        for place, told in (use for side in sides for use in side.uses):
            if isinstance(told, Hint):
                self._hints.setdefault(place, []).append(told)
            elif isinstance(told, Value):
                self._values.setdefault(place, []).append(told)
            elif isinstance(told, Nulls):
                self._nulls.setdefault(place, []).append(told)
            elif isinstance(told, Ranked):
                self._ranked.add(place)

    def shapes(self, keys: list[str]) -> Shapes:
        names = {key: self._named(key) for key in keys}
        places = [(key, name) for key in keys for name in names[key]]
        families = self._families(places)
        domains: list[Domain] = []
        number: dict[Place, int] = {}
        types: dict[Place, tuple[str, Kind]] = {}
        for family in families:
            kinds = self._types(family)
            types.update(kinds)
            number.update(dict.fromkeys(family, len(domains)))
            domains.append(self._domain(family, kinds))
        shapes = {
            key: Shape(
                key,
                tuple(
                    self._column((key, name), written, number, types) for name, written in names[key].items()
                ),
                tuple(sorted(self._promises.together.get(key, ()))),
            )
            for key in keys
            if names[key]
        }
        return Shapes(shapes, tuple(domains))

    def _named(self, key: str) -> dict[str, str]:
        """The columns of a source as they are written: declared ones, then those that are read."""
        declared = {name.lower(): name for name in self._nodes[key].columns}
        read = {name: name for side in self._sides for name in side.columns.get(key, {})}
        return declared | {name: name for name in read if name not in declared}

    def _families(self, places: list[Place]) -> list[list[Place]]:
        """Columns that are compared with each other, together; each of the others alone."""
        leader: dict[Place, Place] = {}

        def top(place: Place) -> Place:
            while leader.setdefault(place, place) != place:
                place = leader[place]
            return place

        for one, other in (pair for side in self._sides for pair in side.same):
            low, high = sorted((top(one), top(other)))
            leader[high] = low
        found: dict[Place, list[Place]] = {}
        known = set(places)
        for place in sorted({*places, *leader}):
            found.setdefault(top(place), []).append(place)
        return [family for family in found.values() if known & set(family)]

    def _types(self, family: list[Place]) -> dict[Place, tuple[str, Kind]]:
        """The type of each column of a family: its own where declared, else one for all."""
        told_by_each = {place: _declared(self._nodes[place[0]], place[1]) for place in family}
        declared = {place: told for place, told in told_by_each.items() if told is not None}
        hints = [hint for place in family for hint in self._hints.get(place, ())]
        hints += [Hint(Kind.EXACT, Strength.DECLARED, written) for written, _ in declared.values()]
        names = sorted({place[1] for place in family}, key=lambda name: (by_name(name)[1] is Kind.TEXT, name))
        told = decided(hints, names[0])
        return {place: declared.get(place, told) for place in family}

    def _domain(self, family: list[Place], types: Mapping[Place, tuple[str, Kind]]) -> Domain:
        kinds = [types[place][1] for place in family]
        kind = next((kind for kind in kinds if kind is not Kind.TEXT), Kind.TEXT)
        lists = [self._promises.accepted[place] for place in family if place in self._promises.accepted]
        strict = any(("accepted_values", place) in self._promises.strict for place in family)
        compared = [value for place in family for value in self._values.get(place, ())]
        met = [text for value in compared for text in value.fits]
        left_out = [value.fits[-1] for value in compared if value.left_out]
        if lists:
            accepted = [value for value in lists[0] if all(value in each for each in lists)] or list(lists[0])
            values = accepted if strict else [*accepted, *left_out]
        else:
            values = met
        values = [value for value in dict.fromkeys(values) if fits(value, kind)]
        seeds = tuple(place for place in family if self._nodes[place[0]].kind == "seed")
        whole = any("INT" in types[place][0] for place in family)
        return Domain(_telling(family), kind, whole, tuple(values), bool(lists), seeds)

    def _column(
        self,
        place: Place,
        written: str,
        number: Mapping[Place, int],
        types: Mapping[Place, tuple[str, Kind]],
    ) -> Column:
        promises = self._promises
        declared = _declared(self._nodes[place[0]], place[1]) is not None
        key = place not in self._ranked and self._is_key(place)
        unique = place in promises.unique or key
        there = key or (place in promises.not_null and self._kept(place))
        parents = promises.parents.get(place, set())
        return Column(
            written,
            types[place][0],
            number[place],
            unique,
            0.0 if there else self._part_null(place, unique),
            place in self._ranked,
            frozenset(parents),
            declared,
        )

    def _kept(self, place: Place) -> bool:
        """Whether a promise of no NULL is one of the source, and not of a filter above it."""
        strict = ("not_null", place) in self._promises.strict
        return strict or not any(nulls.left_out for nulls in self._nulls.get(place, ()))

    def _part_null(self, place: Place, unique: bool) -> float:
        asked = self._nulls.get(place, ())
        if any(nulls.half for nulls in asked) and not unique:
            return 0.5
        return 0.15 if asked else 0.05

    def _is_key(self, place: Place) -> bool:
        """Whether a column is called like the key of its own table."""
        key, name = place
        match = _KEY.fullmatch(name)
        if match is None:
            return False
        entity = match["entity"]
        table = str(self._nodes[key].facts.get("identifier") or self._nodes[key].name).lower()
        if entity is None:
            return True
        many = entity[:-1] + "ies" if entity.endswith("y") else entity + "s"
        return table.removeprefix("raw_") in (entity, many, entity + "es")


def _telling(family: list[Place]) -> str:
    """The name of a family: `customer_id` says more than `id`."""
    return min((place[1] for place in family), key=lambda name: (len(name) < 3, name))


def _together(sides: list[Reading]) -> Promises:
    """What is promised on any side; values that are accepted on head are those."""
    made = Promises()
    for side in sides:
        promises = side.promises
        made.unique |= promises.unique
        made.not_null |= promises.not_null
        made.strict |= promises.strict
        for place, values in promises.accepted.items():
            made.accepted.setdefault(place, values)
        for place, parents in promises.parents.items():
            made.parents.setdefault(place, set()).update(parents)
        for key, together in promises.together.items():
            made.together.setdefault(key, set()).update(together)
    return made


def _declared(node: Node, name: str) -> tuple[str, Kind] | None:
    """A declared type in DuckDB's words; `None` where there is none that rows can be made of."""
    text = next((kind for column, kind in node.columns.items() if column.lower() == name), "")
    return duckdb_type(text) if text else None
