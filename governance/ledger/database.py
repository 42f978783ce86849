"""The ledger's database: SQLite in WAL mode or PostgreSQL, one writer at a time."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from governance.errors import GovernanceError, LedgerUnavailable
from governance.ledger.migrations import migrate
from governance.ledger.tables import LOG

_LOCK_KEY = 0x60760E11
_WAIT_SECONDS = 15


def open_engine(url: str, wait: float = _WAIT_SECONDS) -> Engine:
    """An engine on a migrated ledger; `wait` is how long to wait for another writer, in seconds."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise ArgumentError(f"{parsed.get_backend_name()} is not supported")
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = (
            _sqlite(parsed.database or "", wait)
            if parsed.get_backend_name() == "sqlite"
            else create_engine(parsed)
        )
    except (ArgumentError, ImportError) as error:
        remedy = "Use sqlite:///FILE or postgresql://USER@HOST/NAME."
        raise LedgerUnavailable(f"ledger {_safe(url)}: {error}", remedy) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise LedgerUnavailable(f"ledger {_safe(url)}: {reason}", _cure(reason)) from error
    with writing(engine, url) as connection:
        migrate(connection)
        if connection.execute(select(LOG.c.origin)).scalar() is None:
            connection.execute(insert(LOG).values(id=1, origin=f"airflow-governance/{uuid.uuid4()}"))
    return engine


def _sqlite(file: str, wait: float) -> Engine:
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": wait})

    @event.listens_for(engine, "connect")
    def _connect(connection, _record):  # type: ignore[no-untyped-def]
        connection.isolation_level = None  # we begin transactions ourselves, see below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("governance_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def writing(engine: Engine, url: str = "") -> Iterator[Connection]:
    """A transaction that is the only writer. Raises LedgerUnavailable; nothing is half written."""
    with _failures(engine, url), engine.connect() as bare:
        connection = bare.execution_options(governance_writes=True)
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
            yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that reads one consistent state. Raises LedgerUnavailable."""
    with _failures(engine, ""), engine.connect() as connection:
        yield connection


@contextmanager
def _failures(engine: Engine, url: str) -> Iterator[None]:
    try:
        yield
    except GovernanceError:
        raise
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        where = _safe(url or engine.url.render_as_string(hide_password=True))
        raise LedgerUnavailable(f"ledger {where}: {reason}", _cure(reason)) from error


def _cure(reason: str) -> str:
    if "locked" in reason:
        return "Another process holds it; wait for it or end it. Nothing was merged or executed."
    if "full" in reason or "disk I/O" in reason or "No space" in reason:
        return "Free some space; nothing was merged or executed."
    return "Check ledger.url in the policy, and that the database can be reached and written."


def _safe(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "with an unreadable URL"
