"""Empty tables in DuckDB that queries are bound to: which columns a query puts out, of which types, if any.

Binding resolves names, functions and types; no row exists and no query runs. The database is cut off from
files and network, so that a query which reads a file is refused.
"""

from collections.abc import Mapping
from typing import Any

from governance.syntax.sql.native.duckdb import CLOSED


class NotBound(Exception):
    """A query that DuckDB does not bind. `certain` is false where a function or file may exist elsewhere."""

    def __init__(self, reason: str, certain: bool) -> None:
        super().__init__(reason)
        self.certain = certain


class EmptyTables:
    """A database of empty tables."""

    def __init__(self) -> None:
        try:
            import _duckdb
        except ImportError:
            self._duckdb: Any = None
            return
        self._duckdb = _duckdb
        self._connection = _duckdb.connect(":memory:", False, CLOSED)

    @property
    def usable(self) -> bool:
        """Whether DuckDB is installed."""
        return self._duckdb is not None

    def put(self, relation: str, columns: Mapping[str, str]) -> bool:
        """Make a table, dotted as queries name it; false when a type is not known or not DuckDB's."""
        if not self.usable or not columns or not all(columns.values()):
            return False
        *above, name = relation.split(".")
        listed = ", ".join(f"{_quoted(column)} {kind}" for column, kind in columns.items())
        place = ".".join(map(_quoted, [*above, name]))
        try:
            if len(above) > 1:
                self._connection.execute(f"attach if not exists ':memory:' as {_quoted(above[0])}")
            if above:
                self._connection.execute(f"create schema if not exists {'.'.join(map(_quoted, above))}")
            self._connection.execute(f"create or replace table {place} ({listed})")
        except self._duckdb.Error:
            return False
        return True

    def described(self, sql: str) -> dict[str, str] | None:
        """The columns that a query puts out with their types, or `None` if it cannot say; raises NotBound."""
        if not self.usable:
            return None
        try:
            statements = self._connection.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != self._duckdb.StatementType.SELECT:
                return None
            rows = self._connection.execute(f"describe {statements[0].query}").fetchall()
        except self._duckdb.Error as error:
            certain = isinstance(error, self._duckdb.BinderException)
            raise NotBound(str(error).splitlines()[0], certain) from error
        return numbered((name, kind) for name, kind, *_ in rows)


def numbered(columns: Any) -> dict[str, str]:
    """Columns by name as DuckDB's CREATE TABLE AS has them: a name that returns gets a number."""
    found: dict[str, str] = {}
    for name, kind in columns:
        found[free(name, found)] = kind
    return found


def free(name: str, taken: Mapping[str, object]) -> str:
    """A name, with a number behind it when it is taken."""
    lower, number, candidate = {known.lower() for known in taken}, 0, name
    while candidate.lower() in lower:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
