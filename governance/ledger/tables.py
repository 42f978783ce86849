"""The ledger's tables. `entries` and `nodes` are the log; `subjects`, `findings` and `bodies` index it."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

METADATA = MetaData()
_Count = BigInteger().with_variant(Integer, "sqlite")


def _entry() -> "Column[int]":
    return Column("entry", _Count, ForeignKey("governance_entries.position"), nullable=False)


LOG = Table(
    "governance_log",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("origin", String(80), nullable=False),
)
"""One row: the name of this log, which its checkpoints carry."""

ENTRIES = Table(
    "governance_entries",
    METADATA,
    Column("position", _Count, primary_key=True, autoincrement=False),
    Column("decision_id", String(16), nullable=False, unique=True),
    Column("leaf", String(64), nullable=False),
    Column("checkpoint", Text, nullable=False),
    Column("recorded_at", String(32), nullable=False, index=True),
    Column("verdict", String(8), nullable=False, index=True),
    Column("repository", Text, nullable=False, default=""),
    Column("branch", Text, nullable=False, default=""),
    Column("dag_id", String(250), nullable=False, default="", index=True),
    Column("task_id", String(250), nullable=False, default=""),
    Column("run_id", String(250), nullable=False, default=""),
    Column("map_index", Integer, nullable=False, default=-1),
    Column("try_number", Integer, nullable=False, default=0),
    Column("agent", Text, nullable=False, default=""),
    Column("task", Text, nullable=False, default=""),
    Column("artifacts", Integer, nullable=False, default=0),
)

SUBJECTS = Table(
    "governance_subjects",
    METADATA,
    _entry(),
    Column("path", Text, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("change", String(10), nullable=False),
    Column("kind", String(20), nullable=False),
    Index("governance_subjects_entry", "entry"),
)

FINDINGS = Table(
    "governance_findings",
    METADATA,
    _entry(),
    Column("rank", Integer, nullable=False),
    Column("code", String(16), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("verdict", String(8), nullable=False),
    Column("path", Text, nullable=False, default=""),
    Column("line", Integer),
    Column("message", Text, nullable=False),
    Index("governance_findings_entry", "entry"),
)

BODIES = Table(
    "governance_bodies",
    METADATA,
    _entry(),
    Column("role", String(10), nullable=False),
    Column("name", Text, nullable=False, default=""),
    Column("sha256", String(64), nullable=False),
    Index("governance_bodies_entry", "entry"),
)
"""Where the bytes are: `role` is envelope, trace, head, base or evidence; `name` a path or a check."""

NODES = Table(
    "governance_nodes",
    METADATA,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", _Count, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
)
"""Roots of complete subtrees: node (l, p) covers the leaves [p * 2^l, (p + 1) * 2^l)."""
