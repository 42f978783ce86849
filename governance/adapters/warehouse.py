"""A warehouse's own catalogue: which tables there are, their columns and types, and their primary keys.

It is only read: in a read-only transaction with time-outs on a server; SQLite and DuckDB open a file for
reading, and make none.
"""

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from governance.database_url import database_url, engine_of, variable_named, without_address
from governance.errors import InvalidInput, MissingTool, ServerUnavailable
from governance.syntax.dialect import Dialect, dialect_named, folded

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Inspector

CONNECT_SECONDS = 5
READ_SECONDS = 60
_DIALECTS = {
    "postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "duckdb": "duckdb",
}
OWN_SCHEMA = re.compile(r"information_schema|pg_.*|mysql|performance_schema|sys")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


Told = tuple[str, Sequence[Any], Sequence[str]]
"""A table, its columns as SQLAlchemy tells them, and the names of those in its primary key."""


@dataclass(frozen=True, slots=True)
class Table:
    """A stored table or view. `name` is how a query would write it, with its schema."""

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()


def read_tables(variable: str) -> list[Table]:
    """All tables and views of the database whose URL an environment variable holds, by name.

    Raises InvalidInput for an engine that is not read, MissingTool without its driver, and
    ServerUnavailable when it gives no answer.
    """
    variable_named(variable)
    try:
        url = database_url(variable)
        engine = engine_of(url)
        read = _of_duckdb if engine == "duckdb" else _of_inspector
        return sorted(read(url, dialect_of(engine)), key=lambda table: table.name)
    except (InvalidInput, MissingTool, ServerUnavailable) as error:
        raise type(error)(f"the database of {variable} {error.message}", error.remedy) from error


def dialect_of(engine: str) -> Dialect:
    """The dialect of an engine whose tables can be read. Raises InvalidInput for any other."""
    if engine not in _DIALECTS:
        known = f"Known are {', '.join(_DIALECTS)}; dbt's catalog.json serves for the rest."
        raise InvalidInput("is of a kind that is not read", known)
    return dialect_named(_DIALECTS[engine])


def _of_inspector(url: str, dialect: Dialect) -> list[Table]:
    from sqlalchemy import inspect

    tables = []
    with connected(url) as connection:
        inspector = inspect(connection)
        for schema in inspector.get_schema_names():
            if OWN_SCHEMA.fullmatch(schema):
                continue
            tell = _at_once if connection.dialect.name == "postgresql" else _one_by_one
            for table, columns, key in tell(inspector, schema):
                types = {column["name"]: _type(column["type"], connection) for column in columns}
                tables.append(Table(_written(dialect, schema, table), types, tuple(key)))
    return tables


def _at_once(inspector: "Inspector", schema: str) -> Iterator[Told]:
    from sqlalchemy.engine.reflection import ObjectKind, ObjectScope

    every: dict[str, Any] = {"schema": schema, "kind": ObjectKind.ANY, "scope": ObjectScope.ANY}
    keys: dict[Any, Any] = inspector.get_multi_pk_constraint(**every)
    for place, columns in inspector.get_multi_columns(**every).items():
        yield str(place[1]), columns, (keys.get(place) or {}).get("constrained_columns") or ()


def _one_by_one(inspector: "Inspector", schema: str) -> Iterator[Told]:
    """As SQLite and MariaDB look into a view to tell its columns, and one that is broken has none to tell."""
    from sqlalchemy.exc import DBAPIError, UnreflectableTableError

    for table in inspector.get_table_names(schema):
        key = inspector.get_pk_constraint(table, schema)["constrained_columns"]
        yield table, inspector.get_columns(table, schema), key
    for view in inspector.get_view_names(schema):
        try:
            yield view, inspector.get_columns(view, schema), ()
        except UnreflectableTableError:
            yield view, (), ()
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            yield view, (), ()


@contextmanager
def connected(url: str) -> Iterator["Connection"]:
    """A connection that only reads, with time-outs; raises MissingTool and ServerUnavailable."""
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    try:
        with warnings.catch_warnings(), _engine(url).begin() as connection:
            warnings.simplefilter("ignore")  # SQLAlchemy does not know every type, and names none for those
            for setting in _READ_ONLY.get(connection.dialect.name, ()):
                connection.exec_driver_sql(setting)
            yield connection
    except ImportError as error:
        raise MissingTool(
            f"needs {error.name}, which is not installed", "Install it, or the extra that brings it."
        ) from error
    except (ArgumentError, ValueError) as error:
        raise ServerUnavailable(
            "has a URL that cannot be read", "It reads ENGINE://USER@HOST/NAME."
        ) from error
    except SQLAlchemyError as error:
        reason = without_address(getattr(error, "orig", None) or error)
        raise ServerUnavailable(f"cannot be read: {reason}", "Check the URL, and that it answers.") from error


_READ_ONLY = {
    "postgresql": ("set transaction read only", f"set local statement_timeout = '{READ_SECONDS}s'"),
    "mysql": ("set session transaction read only",),
    "mariadb": ("set session transaction read only",),
}


def _engine(url: str) -> "Engine":
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.pool import NullPool

    address = make_url(url)
    match engine_of(url):
        case "sqlite":
            file = f"file:{quote(address.database or '')}"
            address = address.set(database=file, query={"mode": "ro", "uri": "true"})
            return create_engine(address, poolclass=NullPool)
        case "postgresql":
            limits = {"connect_timeout": CONNECT_SECONDS}
            return create_engine(
                address.set(drivername="postgresql+psycopg"), connect_args=limits, poolclass=NullPool
            )
        case name:
            limits = {"connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
            return create_engine(
                address.set(drivername=f"{name}+pymysql"), connect_args=limits, poolclass=NullPool
            )


@contextmanager
def duckdb_opened(url: str) -> Iterator[Any]:
    """A DuckDB file, open for reading and for nothing else; raises MissingTool and ServerUnavailable."""
    try:
        import duckdb
    except ImportError as error:
        raise MissingTool("needs duckdb, which is not installed", "Install the extra `dbt`.") from error
    file = url.partition(":///")[2].partition("?")[0]
    try:
        with duckdb.connect(file, read_only=True, config={"enable_external_access": False}) as connection:
            yield connection
    except duckdb.Error as error:
        raise ServerUnavailable(
            f"cannot be read: {without_address(error)}", "Check the file of the URL."
        ) from error


def _of_duckdb(url: str, dialect: Dialect) -> list[Table]:
    """DuckDB's dialect for SQLAlchemy is a package of its own; its catalogue is two queries."""
    with duckdb_opened(url) as connection:
        columns = connection.execute(_COLUMNS).fetchall()
        keys = {(schema, table): tuple(key) for schema, table, key in connection.execute(_KEYS).fetchall()}
    found: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, kind in columns:
        found.setdefault((schema, table), {})[column] = kind
    return [Table(_written(dialect, *place), types, keys.get(place, ())) for place, types in found.items()]


_COLUMNS = """
select schema_name, table_name, column_name, data_type from duckdb_columns()
where not internal and database_name = current_database() order by column_index
"""
_KEYS = """
select schema_name, table_name, constraint_column_names from duckdb_constraints()
where constraint_type = 'PRIMARY KEY' and database_name = current_database()
"""


def _type(kind: Any, connection: "Connection") -> str:
    """A type in the engine's words; "" for one that SQLAlchemy does not know."""
    from sqlalchemy.exc import CompileError

    try:
        return str(kind.compile(connection.dialect)).lower()
    except CompileError:
        return ""


def _written(dialect: Dialect, *names: str) -> str:
    """A name as a query would write it: quoted where the engine would else take it for another."""
    return ".".join(
        name
        if _PLAIN.fullmatch(name)
        and folded(name, False, dialect.tables) == folded(name, True, dialect.tables)
        else '"' + name.replace('"', '""') + '"'
        for name in names
    )
