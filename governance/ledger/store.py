"""Appending decisions to the ledger and reading them back, with proofs."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select

from governance.attestation import Attestation, SaltedTrace
from governance.changeset import ChangeSet
from governance.decision import Decision
from governance.errors import InvalidInput
from governance.keys import SigningKey
from governance.ledger.bodies import Bodies
from governance.ledger.checkpoint import Checkpoint, sign_checkpoint
from governance.ledger.database import open_engine, reading, writing
from governance.ledger.index import Query, copy_index, entry_row, index_entry, matching
from governance.ledger.tables import BODIES, ENTRIES, FINDINGS, LOG, NODES, SUBJECTS
from governance.merkle import consistency_proof, inclusion_proof, leaf_hash, node_hash, split
from governance.wire import canonical, loads, plain, restore


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision as the log lists it; `bodies` maps (role, name) to the SHA-256 of the bytes."""

    position: int
    decision_id: str
    recorded_at: str
    verdict: str
    repository: str
    branch: str
    dag_id: str
    task_id: str
    run_id: str
    map_index: int
    try_number: int
    agent: str
    task: str
    artifacts: int
    checkpoint: str
    leaf: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What ties an envelope to the log: its position, the path to the root, and the signed root."""

    position: int
    size: int
    path: tuple[str, ...]
    checkpoint: str


class Ledger:
    """Append-only evidence. Every method raises LedgerUnavailable when the store cannot be used."""

    def __init__(self, engine: Engine, bodies: Bodies) -> None:
        self._engine = engine
        self.bodies = bodies

    @classmethod
    def open(cls, url: str, bodies: str, wait: float = 15) -> "Ledger":
        """Open the ledger at an SQLAlchemy URL, creating or migrating it when needed."""
        return cls(open_engine(url, wait), Bodies(bodies))

    @cached_property
    def origin(self) -> str:
        """The name of this log."""
        with reading(self._engine) as connection:
            return str(connection.execute(select(LOG.c.origin)).scalar_one())

    def append(
        self,
        attestation: Attestation,
        decision: Decision,
        changeset: ChangeSet,
        trace: SaltedTrace | None,
        key: SigningKey,
    ) -> Proof:
        """Store everything a decision rests on, durably, and return its proof.

        Bodies are written before the entry that names them, so an entry never points nowhere.
        """
        stored = self._store_bodies(attestation, decision, changeset, trace)
        with writing(self._engine) as connection:
            position, note = self._grow_log(connection, attestation, key)
            row = {**entry_row(changeset), **_identity(attestation, position, note)}
            connection.execute(insert(ENTRIES).values(**row))
            index_entry(connection, position, decision, changeset, stored)
            path = inclusion_proof(position, position + 1, _subtree(connection))
        return Proof(position, position + 1, tuple(digest.hex() for digest in path), note)

    def append_approval(self, attestation: Attestation, approved: Entry, key: SigningKey) -> None:
        """Append an approval: a new entry for the same artifacts, which shares the approved one's bodies."""
        envelope = self.bodies.put(canonical(attestation.envelope))
        with writing(self._engine) as connection:
            position, note = self._grow_log(connection, attestation, key)
            row = {**asdict(approved), **_identity(attestation, position, note)}
            connection.execute(insert(ENTRIES).values(**row))
            copy_index(connection, approved.position, position, envelope)

    def _grow_log(self, connection: Connection, attestation: Attestation, key: SigningKey) -> tuple[int, str]:
        """Add a leaf to the Merkle log; the position it got, and the signed checkpoint after it."""
        leaf = leaf_hash(canonical(attestation.envelope))
        position = _size(connection)
        for level, place, digest in _grow(connection, position, leaf):
            connection.execute(insert(NODES).values(level=level, position=place, hash=digest.hex()))
        root = _subtree(connection)(0, position + 1)
        return position, sign_checkpoint(Checkpoint(self.origin, position + 1, root), key)

    def _store_bodies(
        self, attestation: Attestation, decision: Decision, changeset: ChangeSet, trace: SaltedTrace | None
    ) -> list[tuple[str, str, str]]:
        stored = [("envelope", "", self.bodies.put(canonical(attestation.envelope)))]
        if trace:
            stored.append(("trace", "", self.bodies.put(canonical(trace))))
        for report in decision.reports:
            if report.evidence:
                stored.append(("evidence", report.check, self.bodies.put(canonical(report.evidence))))
        for artifact in changeset.artifacts:
            for role, data in (("head", artifact.content), ("base", artifact.base)):
                if data is not None:
                    stored.append((role, str(plain(artifact.path)), self.bodies.put(data)))
        return stored

    def entries(self, query: Query = Query()) -> list[Entry]:
        """Entries that match, newest first."""
        statement = matching(select(ENTRIES), query).order_by(ENTRIES.c.position.desc())
        with reading(self._engine) as connection:
            rows = connection.execute(statement.limit(query.limit).offset(query.offset)).mappings()
            return [Entry(**row) for row in rows]

    def count(self, query: Query = Query()) -> int:
        """How many entries match."""
        statement = matching(select(func.count()).select_from(ENTRIES), query)
        with reading(self._engine) as connection:
            return int(connection.execute(statement).scalar_one())

    def dag_ids(self) -> frozenset[str]:
        """Every DAG that recorded a decision, with "" when some came from no DAG."""
        with reading(self._engine) as connection:
            return frozenset(connection.execute(select(ENTRIES.c.dag_id).distinct()).scalars())

    def entry(self, decision_id: str) -> Entry:
        """The entry whose id starts with `decision_id`. Raises InvalidInput unless exactly one does."""
        wanted = ENTRIES.c.decision_id.startswith(decision_id, autoescape=True)
        with reading(self._engine) as connection:
            rows = connection.execute(select(ENTRIES).where(wanted).limit(2)).mappings().all()
        if not decision_id or len(rows) != 1:
            problem = "is ambiguous" if len(rows) > 1 else "is not in the ledger"
            raise InvalidInput(f"decision {decision_id!r} {problem}", "`governance log` lists the ids.")
        return Entry(**rows[0])

    def entries_about(self, sha256: str, path: str = "") -> list[Entry]:
        """Entries whose artifacts include these bytes, under this path if one is given; oldest first."""
        about = select(SUBJECTS.c.entry).where(SUBJECTS.c.sha256 == sha256)
        if path:
            about = about.where(SUBJECTS.c.path == path)
        wanted = select(ENTRIES).where(ENTRIES.c.position.in_(about)).order_by(ENTRIES.c.position)
        with reading(self._engine) as connection:
            return [Entry(**row) for row in connection.execute(wanted).mappings()]

    def findings(self, positions: Sequence[int]) -> dict[int, list[Mapping[str, Any]]]:
        """The indexed findings of each entry, gravest first."""
        found: dict[int, list[Mapping[str, Any]]] = {position: [] for position in positions}
        wanted = select(FINDINGS).where(FINDINGS.c.entry.in_(positions)).order_by(FINDINGS.c.rank)
        with reading(self._engine) as connection:
            for row in connection.execute(wanted).mappings():
                found[row["entry"]].append(dict(row))
        return found

    def subjects(self, position: int) -> list[Mapping[str, Any]]:
        """Path, digest, change and kind of the artifacts of an entry."""
        wanted = select(SUBJECTS).where(SUBJECTS.c.entry == position).order_by(SUBJECTS.c.path)
        with reading(self._engine) as connection:
            return [dict(row) for row in connection.execute(wanted).mappings()]

    def body_digests(self, position: int) -> dict[tuple[str, str], str]:
        """Digest of every stored body of an entry, by role and name."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(BODIES).where(BODIES.c.entry == position)).mappings()
            return {(row["role"], row["name"]): row["sha256"] for row in rows}

    def envelope(self, entry: Entry) -> Mapping[str, Any]:
        """The signed envelope of an entry. Raises InvalidEvidence when it was altered."""
        data = self.bodies.get(self.body_digests(entry.position)[("envelope", "")])
        envelope: Mapping[str, Any] = loads(data)
        return envelope

    def trace(self, entry: Entry) -> SaltedTrace | None:
        """The trace of an entry with its salts, if it came with one."""
        digest = self.body_digests(entry.position).get(("trace", ""))
        return restore(SaltedTrace, loads(self.bodies.get(digest))) if digest else None

    def body(self, entry: Entry, role: str, name: str = "") -> bytes | None:
        """Bytes of one body of an entry: an artifact's head or base, or a check's evidence."""
        digest = self.body_digests(entry.position).get((role, name))
        return self.bodies.get(digest) if digest else None

    def size(self) -> int:
        """How many entries the log has."""
        with reading(self._engine) as connection:
            return _size(connection)

    def proof(self, entry: Entry) -> Proof:
        """Inclusion of an entry under the newest checkpoint."""
        with reading(self._engine) as connection:
            size = _size(connection)
            last = select(ENTRIES.c.checkpoint).where(ENTRIES.c.position == size - 1)
            note = str(connection.execute(last).scalar_one())
            path = inclusion_proof(entry.position, size, _subtree(connection))
        return Proof(entry.position, size, tuple(digest.hex() for digest in path), note)

    def consistency(self, old: int, new: int) -> tuple[str, ...]:
        """Proof that the log at size `old` is a prefix of the log at size `new`."""
        with reading(self._engine) as connection:
            return tuple(digest.hex() for digest in consistency_proof(old, new, _subtree(connection)))

    def every_entry(self) -> list[Entry]:
        """Every entry in the order of the log."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(ENTRIES).order_by(ENTRIES.c.position)).mappings()
            return [Entry(**row) for row in rows]

    def node(self, level: int, position: int) -> bytes:
        """The stored root of one complete subtree."""
        with reading(self._engine) as connection:
            return _node(connection, level, position)


def _identity(attestation: Attestation, position: int, note: str) -> dict[str, Any]:
    return {
        "position": position,
        "decision_id": attestation.decision_id,
        "leaf": leaf_hash(canonical(attestation.envelope)).hex(),
        "checkpoint": note,
        "recorded_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "verdict": "pass" if attestation.predicate.get("approval") else attestation.predicate["verdict"],
    }


def _size(connection: Connection) -> int:
    last = connection.execute(select(func.max(ENTRIES.c.position))).scalar()
    return 0 if last is None else int(last) + 1


def _grow(connection: Connection, position: int, leaf: bytes) -> list[tuple[int, int, bytes]]:
    """The complete subtrees that a new leaf finishes, the leaf itself first."""
    grown = [(0, position, leaf)]
    level, place, digest = grown[0]
    while place & 1:
        digest = node_hash(_node(connection, level, place - 1), digest)
        level, place = level + 1, place >> 1
        grown.append((level, place, digest))
    return grown


def _node(connection: Connection, level: int, place: int) -> bytes:
    wanted = select(NODES.c.hash).where(NODES.c.level == level, NODES.c.position == place)
    return bytes.fromhex(connection.execute(wanted).scalar_one())


def _subtree(connection: Connection) -> Any:
    def subtree(start: int, end: int) -> bytes:
        width = end - start
        if width & (width - 1) == 0:
            return _node(connection, width.bit_length() - 1, start // width)
        middle = start + split(width)
        return node_hash(subtree(start, middle), subtree(middle, end))

    return subtree
