"""The ledger on SQLite and on a real PostgreSQL: append, read back, prove, and refuse."""

import dataclasses
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from governance.artifact import Artifact, ArtifactKind
from governance.attestation import SaltedTrace, attest, statement_of, verify_envelope
from governance.changeset import ChangeSet, Origin
from governance.check import CheckReport
from governance.decision import decide
from governance.errors import InvalidEvidence, InvalidInput, LedgerUnavailable
from governance.finding import Finding, Location, Position, Severity, Verdict
from governance.keys import SigningKey, Trust
from governance.ledger.checkpoint import read_checkpoint
from governance.ledger.index import Query
from governance.ledger.store import Ledger
from governance.merkle import leaf_hash, verify_consistency, verify_inclusion
from governance.policy import Policy
from governance.trace import Actor, Source, Step, StepKind, Trace
from governance.wire import canonical
from tests.postgres import schema_of_its_own

KEY = SigningKey.generate()
TRUST = Trust({}).with_key(KEY, "tests")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ledger.db"
        return
    with schema_of_its_own() as address:
        yield address


@pytest.fixture
def ledger(url, tmp_path):
    return Ledger.open(url, str(tmp_path / "bodies"))


def trace_of(task: str) -> Trace:
    steps = (Step(1, 1, StepKind.PROMPT, Actor.USER, task), Step(2, 2, StepKind.MESSAGE, Actor.AGENT, "done"))
    return Trace("t-1", Source("tester", "none"), steps)


def append(ledger: Ledger, word: str = "orders", dag: str = "shop", code: str = "SQL002"):
    artifact = Artifact(f"models/{word}.sql", ArtifactKind.SQL, f"select '{word}'".encode())
    finding = Finding(
        code, "found", Severity.MEDIUM, f"about {word}", Location(artifact.path, Position(1, 1))
    )
    trace = trace_of(f"make {word}")
    changeset = ChangeSet((artifact,), trace, origin=Origin("shop", run={"dag_id": dag, "try_number": "2"}))
    decision = decide(changeset, [CheckReport("sql", (finding,), evidence={"a": 1})], Policy())
    salted = SaltedTrace.of(trace)
    attestation = attest(statement_of(decision, changeset, salted), KEY)
    return attestation, ledger.append(attestation, decision, changeset, salted, KEY)


def test_what_was_appended_is_read_back(ledger):
    attestation, _ = append(ledger)
    entry = ledger.entry(attestation.decision_id[:6])
    assert (entry.verdict, entry.dag_id, entry.try_number, entry.task) == ("review", "shop", 2, "make orders")
    assert verify_envelope(ledger.envelope(entry), TRUST).statement == attestation.statement
    salted = ledger.trace(entry)
    assert salted is not None
    assert salted.root == attestation.predicate["trace"]["root"]
    assert ledger.body(entry, "head", "models/orders.sql") == b"select 'orders'"
    assert [row["code"] for row in ledger.findings([0])[0]] == ["SQL002"]


def test_every_entry_is_included_under_the_newest_checkpoint(ledger):
    for number in range(9):
        append(ledger, f"m{number}")
    for entry in ledger.every_entry():
        proof = ledger.proof(entry)
        checkpoint = read_checkpoint(proof.checkpoint, TRUST)
        leaf = leaf_hash(canonical(ledger.envelope(entry)))
        path = [bytes.fromhex(digest) for digest in proof.path]
        assert checkpoint.size == 9
        assert verify_inclusion(entry.position, 9, leaf, path, checkpoint.root)


def test_each_checkpoint_is_consistent_with_the_ones_before(ledger):
    notes = [append(ledger, f"m{number}")[1].checkpoint for number in range(7)]
    points = [read_checkpoint(note, TRUST) for note in notes]
    for old in points:
        path = [bytes.fromhex(digest) for digest in ledger.consistency(old.size, 7)]
        assert verify_consistency(old.size, 7, old.root, points[-1].root, path)


QUERIES = [
    ("by verdict", Query(verdict="block"), []),
    ("by dag", Query(dag_id="web"), ["users"]),
    ("by rule code", Query(rule="DBT001"), ["users"]),
    ("by words of the task", Query(text="make ord"), ["orders"]),
    ("by path, whatever the case", Query(text="MODELS/USERS"), ["users"]),
    ("percent is no wildcard", Query(text="%"), []),
    ("only permitted dags", Query(dag_ids=frozenset({"shop"})), ["orders"]),
    ("no permitted dag", Query(dag_ids=frozenset()), []),
    ("newest first", Query(), ["users", "orders"]),
    ("second page", Query(limit=1, offset=1), ["orders"]),
]


@pytest.mark.parametrize(("query", "expected"), [row[1:] for row in QUERIES], ids=[row[0] for row in QUERIES])
def test_entries_are_found(ledger, query, expected):
    append(ledger, "orders")
    append(ledger, "users", dag="web", code="DBT001")
    assert [entry.task.removeprefix("make ") for entry in ledger.entries(query)] == expected
    assert ledger.count(dataclasses.replace(query, limit=50, offset=0)) == len(expected) + query.offset


@pytest.mark.parametrize("wanted", ["", "zz", "%"])
def test_an_unknown_id_is_refused_with_a_cure(ledger, wanted):
    append(ledger)
    with pytest.raises(InvalidInput, match="not in the ledger"):
        ledger.entry(wanted)


def test_an_altered_body_is_noticed(ledger, tmp_path):
    append(ledger)
    entry = ledger.entries()[0]
    digest = ledger.body_digests(0)[("head", "models/orders.sql")]
    file = tmp_path / "bodies" / digest[:2] / digest
    file.write_bytes(b"select 'payments'")
    with pytest.raises(InvalidEvidence, match="altered"):
        ledger.body(entry, "head", "models/orders.sql")


def test_a_ledger_locked_by_another_process_says_so(tmp_path):
    file = tmp_path / "ledger.db"
    Ledger.open(f"sqlite:///{file}", str(tmp_path / "b"))
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerUnavailable, match=r"locked[\s\S]*Another process holds it"):
        Ledger.open(f"sqlite:///{file}", str(tmp_path / "b"), wait=0.2)


def test_a_full_disk_says_so_and_leaves_no_entry(tmp_path):
    ledger = Ledger.open(f"sqlite:///{tmp_path}/ledger.db", str(tmp_path / "bodies"))
    with ledger._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    from sqlalchemy import event

    @event.listens_for(ledger._engine, "begin")
    def _cap(connection):
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    with pytest.raises(LedgerUnavailable, match=r"full[\s\S]*Free some space"):
        for number in range(200):
            append(ledger, f"m{number}")
    reopened = Ledger.open(f"sqlite:///{tmp_path}/ledger.db", str(tmp_path / "bodies"))
    assert [entry.position for entry in reopened.every_entry()] == list(range(reopened.size()))


def test_bodies_on_a_full_or_missing_device(tmp_path):
    (tmp_path / "file").write_text("in the way")
    ledger = Ledger.open(f"sqlite:///{tmp_path}/ledger.db", str(tmp_path / "file" / "bodies"))
    with pytest.raises(LedgerUnavailable, match="cannot be written"):
        append(ledger)
    assert ledger.size() == 0


def test_an_unknown_database_is_refused():
    with pytest.raises(LedgerUnavailable, match="mysql is not supported"):
        Ledger.open("mysql://x/y", "bodies")


WRITER = """
import sys
sys.path.insert(0, {tests!r})
from test_store import append
from governance.ledger.store import Ledger
import test_store
ledger = Ledger.open({url!r}, {bodies!r})
for number in range(12):
    append(ledger, f"{{sys.argv[1]}}-{{number}}")
"""


def test_writers_in_several_processes_make_one_log(url, tmp_path):
    script = WRITER.format(tests=str(Path(__file__).parent), url=url, bodies=str(tmp_path / "bodies"))
    writers = [subprocess.Popen([sys.executable, "-c", script, str(number)]) for number in range(3)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    ledger = Ledger.open(url, str(tmp_path / "bodies"))
    assert [entry.position for entry in ledger.every_entry()] == list(range(36))


def test_the_migrated_schema_is_the_one_in_the_tables(ledger):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from governance.ledger.tables import METADATA

    with ledger._engine.connect() as connection:
        options = {"version_table": "governance_version"}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []


def test_verdict_of_the_entry_is_the_signed_one(ledger):
    attestation, _ = append(ledger)
    assert Verdict.parse(ledger.entries()[0].verdict) is Verdict.REVIEW
    assert attestation.predicate["verdict"] == "review"
