"""Rows of a warehouse's tables: some of each, read for an audit of a change, and never written.

Names are looked up in the catalogue before anything is asked of a table, and the SQL is made of what stands
there, quoted. Rows that refer to another table are those whose partner was read as well.
"""

import datetime
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from governance.adapters.warehouse import OWN_SCHEMA, READ_SECONDS, connected, dialect_of, duckdb_opened
from governance.database_url import database_url, engine_of
from governance.errors import InvalidInput, MissingTool, ServerUnavailable
from governance.syntax.dbt.sources.types import KNOWN

_KEYS_AT_ONCE = 5_000
_MORE = 4  # times the rows that are wanted, where some will be left out
_STEPS = 10_000  # of SQLite's machine between two looks at the clock
_WIDEST = 18  # digits of a decimal; wider ones cannot be multiplied


@dataclass(frozen=True, slots=True)
class Relation:
    """A table's name as a project has it, without quotes; "" for the database that is connected to."""

    database: str
    schema: str
    identifier: str

    def __str__(self) -> str:
        return ".".join(part for part in (self.database, self.schema, self.identifier) if part)


@dataclass(frozen=True)
class Rows:
    """Some rows of a table: its columns with DuckDB's types, and the rows as the driver gives them.

    `cut`: there may be more rows than these.
    """

    columns: tuple[tuple[str, str], ...]
    rows: tuple[Sequence[Any], ...]
    cut: bool = False

    def values(self, column: str) -> list[Any]:
        """The different values of a column, by its name in small letters; none where there is no such one."""
        names = [name.lower() for name, _ in self.columns]
        if column not in names:
            return []
        place = names.index(column)
        found = {_hashable(row[place]): row[place] for row in self.rows if row[place] is not None}
        return list(found.values())

    def texts(self) -> list[list[str | None]]:
        """The values of each column as text that DuckDB reads."""
        return [[as_text(row[place]) for row in self.rows] for place in range(len(self.columns))]

    def keeping(self, within: "Within") -> "Rows":
        """Without the rows that have another value in one of some columns."""
        names = [name.lower() for name, _ in self.columns]
        known = {column: set(map(_hashable, values)) for column, values in within.items()}
        tests = [(names.index(column), values) for column, values in known.items() if column in names]
        kept = tuple(
            row
            for row in self.rows
            if all(row[place] is None or _hashable(row[place]) in values for place, values in tests)
        )
        return Rows(self.columns, kept, self.cut)


Within = Mapping[str, Sequence[Any]]
"""Columns, in small letters, with the values of which each row has one, or NULL."""


class Warehouse(Protocol):
    """A database that is connected to."""

    def rows(self, relation: Relation, limit: int, within: Within) -> Rows:
        """Some rows of a table; raises InvalidInput where there is no such table."""
        ...


@contextmanager
def warehouse(variable: str, seconds: float = READ_SECONDS) -> Iterator[Warehouse]:
    """The database whose URL an environment variable holds, for so many seconds.

    Raises InvalidInput for an engine that is not read, MissingTool without its driver, and ServerUnavailable
    when it gives no answer, or none in time.
    """
    try:
        url = database_url(variable)
        engine = engine_of(url)
        dialect_of(engine)
        with _of_duckdb(url, seconds) if engine == "duckdb" else _of_server(url, engine, seconds) as opened:
            yield opened
    except (InvalidInput, MissingTool, ServerUnavailable) as error:
        raise type(error)(f"the database of {variable} {error.message}", error.remedy) from error


@contextmanager
def _of_duckdb(url: str, seconds: float) -> Iterator[Warehouse]:
    with duckdb_opened(url) as connection:
        timer = threading.Timer(seconds, connection.interrupt)
        timer.start()
        try:
            yield _DuckDB(connection)
        finally:
            timer.cancel()


@contextmanager
def _of_server(url: str, engine: str, seconds: float) -> Iterator[Warehouse]:
    until = time.monotonic() + seconds
    with connected(url) as connection:
        if engine == "sqlite":
            driver: Any = connection.connection.dbapi_connection
            driver.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
        elif engine == "postgresql":
            connection.exec_driver_sql(f"set local statement_timeout = {max(int(seconds * 1000), 1)}")
        elif getattr(connection.dialect, "is_mariadb", False):  # MySQL has the driver's limit alone
            connection.exec_driver_sql(f"set session max_statement_time = {seconds:g}")
        yield _Server(connection, dialect_of(engine).parser, until)


@dataclass(frozen=True)
class _Server:
    """A database that SQLAlchemy speaks to."""

    connection: Any
    dialect: str
    until: float

    def rows(self, relation: Relation, limit: int, within: Within) -> Rows:
        import sqlalchemy

        if time.monotonic() > self.until:
            raise ServerUnavailable("took too long to tell its rows", "Lower dbt.rows.")
        described = self._columns(relation)
        columns = [sqlalchemy.column(each["name"], each["type"]) for each in described]
        table = sqlalchemy.table(relation.identifier, *columns, schema=relation.schema)
        query = sqlalchemy.select(*columns).select_from(table)
        kinds = tuple((each["name"], self._kind(each["type"])) for each in described)
        pushed = next((column for column in columns if column.name.lower() in within), None)
        wanted = limit * (_MORE if len(within) > 1 else 1)
        found: list[Sequence[Any]] = []
        for condition in [None] if pushed is None else _conditions(pushed, within[pushed.name.lower()]):
            asked = query if condition is None else query.where(condition)
            try:
                found += self.connection.execute(asked.limit(wanted - len(found))).all()
            except ValueError as error:  # SQLite holds what it is given, and not all of it is read
                raise InvalidInput(f"holds values in {relation} that are not of their type") from error
            if len(found) >= wanted:
                break
        kept = Rows(kinds, tuple(found), len(found) >= wanted or bool(within)).keeping(within)
        return Rows(kinds, kept.rows[:limit], kept.cut or len(kept.rows) > limit)

    def _columns(self, relation: Relation) -> list[Any]:
        from sqlalchemy import inspect
        from sqlalchemy.exc import NoSuchTableError, UnreflectableTableError

        inspector = inspect(self.connection)
        database = self.connection.engine.url.database or ""
        if self.dialect == "postgres" and relation.database not in ("", database):
            raise _absent(relation, f"the connection leads to the database {database}")
        schema = relation.schema
        if OWN_SCHEMA.fullmatch(schema.lower()) or schema not in inspector.get_schema_names():
            raise _absent(relation, "there is no such schema")
        try:
            described: list[Any] = inspector.get_columns(relation.identifier, relation.schema)
        except (NoSuchTableError, UnreflectableTableError) as error:
            raise _absent(relation) from error
        return described

    def _kind(self, told: Any) -> str:
        """A type in DuckDB's words; what it has no plain word for comes as text."""
        from sqlalchemy.exc import CompileError
        from sqlglot import exp
        from sqlglot.errors import SqlglotError

        try:
            text = str(told.compile(self.connection.dialect))
            built = exp.DataType.build(text, dialect=self.dialect)
        except (CompileError, SqlglotError, ValueError):
            return "VARCHAR"
        if built.is_type("json", "jsonb"):
            return "JSON"
        if built.is_type("decimal"):
            sizes = [size.name for size in built.expressions]
            fits = len(sizes) == 2 and all(map(str.isdigit, sizes)) and int(sizes[0]) <= _WIDEST
            return f"DECIMAL({sizes[0]}, {sizes[1]})" if fits else "DOUBLE"
        known = (*exp.DataType.NUMERIC_TYPES, *exp.DataType.TEMPORAL_TYPES)
        if self.dialect == "sqlite":
            return self._of_sqlite(built)
        if built.is_type(*known, "boolean", "uuid", "blob", "varbinary", "binary"):
            written = built.sql("duckdb").partition("(")[0]
            return written if written in KNOWN else "VARCHAR"
        return "VARCHAR"

    @staticmethod
    def _of_sqlite(built: Any) -> str:
        """SQLite keeps whole numbers of eight bytes, and text for all that it has no type for."""
        written = built.sql("duckdb").partition("(")[0]
        if "INT" in written:
            return "BIGINT"
        plain = ("BOOLEAN", "DATE", "TIMESTAMP", "DOUBLE", "REAL", "FLOAT", "BLOB")
        return ("DOUBLE" if written in ("REAL", "FLOAT") else written) if written in plain else "VARCHAR"


@dataclass(frozen=True)
class _DuckDB:
    """A DuckDB file. Values come as text, which it also writes for what is nested."""

    connection: Any

    def rows(self, relation: Relation, limit: int, within: Within) -> Rows:
        own = str(self.connection.execute("select current_database()").fetchone()[0])
        if relation.database not in ("", own):
            raise _absent(relation, f"the connection leads to the database {own}")
        told = self.connection.execute(_DESCRIBED, [relation.schema, relation.identifier]).fetchall()
        if not told:
            raise _absent(relation)
        place = f"{_quoted(relation.schema)}.{_quoted(relation.identifier)}"
        shown = ", ".join(f"{_quoted(name)}::varchar" for name, _ in told)
        names = [name for name, _ in told if name.lower() in within]
        one_of = "({0} is null or list_contains(?::varchar[], {0}::varchar))"
        tests = [one_of.format(_quoted(name)) for name in names]
        found = self.connection.execute(
            f"select {shown} from {place} where {' and '.join(tests) or 'true'} limit {int(limit) + 1}",
            [list(within[name.lower()]) for name in names],
        ).fetchall()
        return Rows(tuple(told), tuple(found[:limit]), len(found) > limit or bool(within))


_DESCRIBED = """
select column_name, data_type from duckdb_columns()
where not internal and database_name = current_database() and schema_name = ? and table_name = ?
order by column_index
"""


def _conditions(column: Any, values: Sequence[Any]) -> Iterator[Any]:
    """That a column has one of some values: so many of them at a time, NULL with the first."""
    for start in range(0, max(len(values), 1), _KEYS_AT_ONCE):
        condition = column.in_(values[start : start + _KEYS_AT_ONCE])
        yield condition | column.is_(None) if start == 0 else condition


def _absent(relation: Relation, because: str = "") -> InvalidInput:
    why = f": {because}" if because else ""
    cure = "Check database, schema and identifier of the source."
    return InvalidInput(f"has no table {relation}{why}", cure)


def as_text(value: Any) -> str | None:
    """A value of a driver as text that DuckDB reads."""
    match value:
        case None | str():
            return value
        case bool():
            return str(value).lower()
        case datetime.datetime():
            return value.isoformat(sep=" ")
        case bytes() | bytearray() | memoryview():
            return "".join(f"\\x{byte:02X}" for byte in bytes(value))
        case dict() | list():
            return json.dumps(value, default=str)
    return str(value)


def _hashable(value: Any) -> Any:
    return value if isinstance(value, (int, str)) else as_text(value)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
