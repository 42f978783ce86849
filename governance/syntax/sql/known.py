"""What is known of stored tables, found by any name that a query may use for them."""

from governance.syntax.dialect import Dialect
from governance.syntax.sql.context import Schema
from governance.syntax.sql.names import split_name

Columns = frozenset[str]
_NONE: Columns = frozenset()


class KnownTables:
    """The tables of a schema in one dialect, and their columns in lower case."""

    def __init__(self, schema: Schema, dialect: Dialect) -> None:
        self._named: dict[str, dict[tuple[str, ...], Columns]] = {}
        for table, columns in schema.items():
            parts = split_name(table, dialect)
            same = self._named.setdefault(parts[-1] if parts else "", {})
            same[parts] = same.get(parts, _NONE) | {column.lower() for column in columns}

    def columns(self, parts: tuple[str, ...]) -> Columns | None:
        """The columns that a table named so may have; `None` where they are not all known.

        `parts` are folded, qualifiers first. With qualifiers left out the name may mean any table that
        ends with it, so a column of any of them counts; a table without a known column may have every one.
        """
        same = self._named.get(parts[-1], {}) if parts else {}
        exact = same.get(parts)
        meant = [exact] if exact is not None else [c for name, c in same.items() if _ends(name, parts)]
        return _NONE.union(*meant) if meant and all(meant) else None


def _ends(name: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    return name[-len(parts) :] == parts


_kept: list[tuple[Schema, Dialect, KnownTables]] = []


def known_tables(schema: Schema, dialect: Dialect) -> KnownTables:
    """The tables of a schema; those of the last one are kept, as most statements come with the same."""
    for kept, of, known in _kept:
        if kept is schema and of is dialect:
            return known
    known = KnownTables(schema, dialect)
    _kept[:] = [(schema, dialect, known)]
    return known
