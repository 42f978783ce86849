"""Alembic's entry point: runs on the connection that `migrate` passes in."""

from alembic import context

from governance.ledger.migrations import VERSION_TABLE
from governance.ledger.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
)
context.run_migrations()
