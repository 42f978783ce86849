"""SQLite itself, on an empty database with the tables of the schema: it prepares a text and runs nothing.

Its authorizer is asked about each table, function and write while a statement is prepared. Without a
schema there is nothing to prepare against, and no reading.
"""

import sqlite3
import threading
from collections.abc import Mapping

from governance.syntax.dialect import dialect_named
from governance.syntax.sql.names import split_name
from governance.syntax.sql.native.reading import NativeReading

Schema = Mapping[str, Mapping[str, str]]

_SQLITE = dialect_named("sqlite")
_kept: list[tuple[Schema, sqlite3.Connection]] = []
_one_at_a_time = threading.Lock()
_SILENT = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)


def parsed(text: str, schema: Schema) -> NativeReading | None:
    """What SQLite reads; `None` without a schema, or for a text that it cannot prepare against it."""
    if not schema:
        return None
    tables: set[str] = set()
    functions: set[str] = set()
    writes: list[int] = []

    def noted(action: int, first: str | None, second: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_READ and first:
            tables.add(first.lower())
        elif action == sqlite3.SQLITE_FUNCTION and second:
            functions.add(second.lower())
        elif action not in _SILENT:
            writes.append(action)
        return sqlite3.SQLITE_OK

    with _one_at_a_time:
        try:
            connection = _database(schema)
            connection.set_authorizer(noted)
            connection.execute(f"explain {text}").close()
        except sqlite3.ProgrammingError as error:
            return NativeReading(statements=2) if "one statement" in str(error) else None
        except (sqlite3.Error, sqlite3.Warning):
            return None
    return NativeReading(1, frozenset(tables), frozenset(functions), bool(writes))


def _database(schema: Schema) -> sqlite3.Connection:
    """An empty database with these tables; the one of the last schema is kept, as most come again."""
    if not _kept or _kept[0][0] is not schema:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        for table, columns in schema.items():
            name = split_name(table, _SQLITE)[-1]
            named = ", ".join(map(_quoted, columns))
            if named:  # what has columns that nobody knows cannot be prepared against
                connection.execute(f"create table if not exists {_quoted(name)} ({named})")
        _kept[:] = [(schema, connection)]
    return _kept[0][1]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
