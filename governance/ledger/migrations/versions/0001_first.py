"""The first schema: log, entries, their index tables and the Merkle nodes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _entry() -> "sa.Column[int]":
    return sa.Column("entry", COUNT, sa.ForeignKey("governance_entries.position"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "governance_log",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("origin", sa.String(80), nullable=False),
    )
    op.create_table(
        "governance_entries",
        sa.Column("position", COUNT, primary_key=True, autoincrement=False),
        sa.Column("decision_id", sa.String(16), nullable=False, unique=True),
        sa.Column("leaf", sa.String(64), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.String(32), nullable=False, index=True),
        sa.Column("verdict", sa.String(8), nullable=False, index=True),
        sa.Column("repository", sa.Text(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("dag_id", sa.String(250), nullable=False, index=True),
        sa.Column("task_id", sa.String(250), nullable=False),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("map_index", sa.Integer(), nullable=False),
        sa.Column("try_number", sa.Integer(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("artifacts", sa.Integer(), nullable=False),
    )
    op.create_table(
        "governance_subjects",
        _entry(),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False, index=True),
        sa.Column("change", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
    )
    op.create_table(
        "governance_findings",
        _entry(),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(16), nullable=False, index=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer()),
        sa.Column("message", sa.Text(), nullable=False),
    )
    op.create_table(
        "governance_bodies",
        _entry(),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    for table in ("subjects", "findings", "bodies"):
        op.create_index(f"governance_{table}_entry", f"governance_{table}", ["entry"])
    op.create_table(
        "governance_nodes",
        sa.Column("level", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("position", COUNT, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    for table in ("nodes", "bodies", "findings", "subjects", "entries", "log"):
        op.drop_table(f"governance_{table}")
