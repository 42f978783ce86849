"""A ledger, disk, stream or key that fails: nothing is decided, and what was there is still there."""

import os
import resource
import sqlite3

import pytest

from governance.govern import open_ledger
from tests.cli.conftest import BLOCK, PASS, RECORD, UNDECIDED, refused

KEY = "governance keys init"


def test_a_ledger_that_another_process_holds(governance, signing, own_home, monkeypatch):
    assert governance(*RECORD).status == PASS
    monkeypatch.setattr(open_ledger, "__defaults__", (0.2,))  # instead of 15 s
    file = own_home / ".local/share/governance/ledger.db"
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("begin immediate")
    refused(governance(*RECORD), str(file), "database is locked", "wait for it or end it")
    holder.execute("rollback")
    assert governance(*RECORD).status == PASS
    assert len(governance("log", "--json").json) == 2


LEDGERS = [
    ("another file", "sqlite:///{home}/note.txt", "file is not a database"),
    ("a folder", "sqlite:///{home}", "unable to open database file"),
    ("a place that cannot be", "sqlite:////proc/none/ledger.db", "No such file"),
    ("nobody there", "postgresql://ada:secret@127.0.0.1:1/x", "127.0.0.1:1"),
    ("a database that is not known", "mysql://ada:secret@db/x", "mysql is not supported"),
    ("no URL", "ledger.db", "unreadable URL"),
]


@pytest.mark.parametrize(("url", "says"), [le[1:] for le in LEDGERS], ids=[le[0] for le in LEDGERS])
def test_a_ledger_that_cannot_be_used_decides_nothing(governance, signing, own_home, monkeypatch, url, says):
    (own_home / "note.txt").write_text("not a ledger, and not to be lost " * 99)
    monkeypatch.setenv("GOVERNANCE_LEDGER", url.format(home=own_home))
    ran = governance(*RECORD)
    refused(ran, "ledger ", says)
    assert "secret" not in ran.err
    assert (own_home / "note.txt").read_text() == "not a ledger, and not to be lost " * 99


def full_disk(size: int):
    """What to run in a child before its program: no file of its may grow beyond `size`."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("size", [0, 100, 4096], ids=["no room", "a few bytes", "a page"])
def test_a_full_disk_decides_nothing_and_loses_nothing(governance, program, signing, size):
    first = governance(*RECORD).err.split()[-1]
    ran = program(*RECORD, preexec_fn=full_disk(size))
    assert (ran.status, ran.out) == (UNDECIDED, "")
    assert "Free some space" in ran.err
    assert [entry["decision_id"] for entry in governance("log", "--json").json] == [first]
    assert governance(*RECORD).status == PASS
    assert governance("show", first, "--json").json["proof"]["state"] == "holds"
    assert governance("verify", "--base", "main").status == PASS


def test_a_full_disk_where_the_report_goes(program, own_home):
    (own_home / "history.jsonl").write_text('{"sql": "select 1"}\n')
    for asked in (["check", "--sql", "select 1"], ["replay", "history.jsonl"], ["rules"], ["--help"]):
        with open("/dev/full", "wb") as full:
            ran = program(*asked, stdout=full)
        assert ran.status == UNDECIDED
        assert "cannot write the output: No space left on device" in ran.err
        assert "Free some space" in ran.err


def test_a_full_disk_where_a_key_is_made_leaves_no_half_key(program, own_home):
    refused(
        program("keys", "init", preexec_fn=full_disk(10)), "key.pem: cannot be written", "Free some space"
    )
    assert list(own_home.rglob("*.pem")) == []


def test_a_full_disk_keeps_the_trust_file(governance, program, signing):
    trust = (signing.root / ".governance/trust.json").read_bytes()
    governance("keys", "init", "--key", "../other.pem")
    ran = program("keys", "trust", "--key", "../other.pem", preexec_fn=full_disk(10))
    refused(ran, "trust.json: cannot be written")
    assert (signing.root / ".governance/trust.json").read_bytes() == trust


@pytest.mark.parametrize("stream", [0, 1, 2], ids=["input", "output", "error"])
def test_closed_streams_are_no_pass(program, stream):
    ran = program("check", "--sql", "-", stdin=b"drop table t", preexec_fn=lambda: os.close(stream))
    assert ran.status == (BLOCK if stream == 2 else UNDECIDED)
    assert ("governance: standard" in ran.err) == (stream != 2)


KEYS = [
    ("missing", None, "no signing key at"),
    ("a note", b"hello", "not a PEM private key"),
    ("half a key", b"-----BEGIN PRIVATE KEY-----\nMC4CAQ", "not a PEM private key"),
]


@pytest.mark.parametrize(("data", "says"), [k[1:] for k in KEYS], ids=[k[0] for k in KEYS])
def test_without_a_key_nothing_is_decided(governance, branch, own_home, monkeypatch, data, says):
    file = own_home / "key.pem"
    if data is not None:
        file.write_bytes(data)
    monkeypatch.setenv("GOVERNANCE_KEY", str(file))
    for asked in (RECORD, ["keys", "show"], ["keys", "trust"]):
        refused(governance(*asked), says, str(file), KEY)
    assert not (own_home / ".local").exists()


def test_a_folder_where_the_key_should_be(governance, own_home):
    refused(governance("keys", "show", "--key", own_home), f"{own_home}: cannot be read: Is a directory", KEY)


def test_a_broken_trust_file_is_not_overwritten(governance, signing):
    signing.write(".governance/trust.json", "{")
    refused(governance("keys", "trust"), "trust.json: not a trust file", "base branch")
    assert (signing.root / ".governance/trust.json").read_text() == "{"
