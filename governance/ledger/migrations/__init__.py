"""Schema versions of the ledger, applied when it is opened (Alembic)."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

HEAD = "0001"
VERSION_TABLE = "governance_version"


def migrate(connection: Connection) -> None:
    """Bring the ledger to this release's schema; does nothing, and imports nothing, when it is there."""
    if current(connection) == HEAD:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def current(connection: Connection) -> str | None:
    """The schema version that the database is at; `None` for an empty one."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
