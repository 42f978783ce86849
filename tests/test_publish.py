"""Merging and verifying: exactly the judged bytes, under the trust and policy of the base branch."""

import dataclasses
import json

import pytest

from governance.changeset import Authorship
from governance.errors import MergeRefused
from governance.evidence import FOLDER, State
from governance.govern import Gate, branch_changeset
from governance.keys import SigningKey, Trust
from governance.ledger.store import Ledger
from governance.policy import Policy
from governance.publish import approve, merge, verify_branch, verify_tree

TRUST_FILE = ".governance/trust.json"


@pytest.fixture
def shop(workshop, trust):
    workshop.write(TRUST_FILE, trust.to_json())
    workshop.write("orders.sql", "select 1 as a\n")
    workshop.commit("base")
    return workshop


def propose(shop, branch="agent", base="main", **files):
    shop.run("checkout", "-q", "-B", branch, base)
    for name, text in (files or {"report": "select a from orders\n"}).items():
        shop.write(f"{name}.sql", text)
    return shop.commit(branch)


def decide(shop, ledger, key, head="agent", base="main", author=Authorship.BY_HAND, policy=None):
    with branch_changeset(shop.repository, base, head, authorship=author) as changeset:
        return Gate(policy, ledger, key).decide(changeset)


def test_a_passed_change_is_merged_with_its_evidence(shop, ledger, key):
    propose(shop)
    record = decide(shop, ledger, key)
    done = merge(shop.repository, ledger, record.decision_id, "main", "agent")
    assert shop.run("rev-parse", "main") == done.commit
    assert "report.sql" in shop.run("ls-tree", "--name-only", "main")
    assert shop.run("show", f"main:{done.sidecar}")
    assert f"Governance-Decision: {record.decision_id}" in shop.run("log", "-1", "--format=%B", "main")


def test_the_checked_out_branch_follows(shop, ledger, key):
    propose(shop)
    record = decide(shop, ledger, key)
    shop.run("checkout", "-q", "main")
    merge(shop.repository, ledger, record.decision_id, "main", "agent")
    assert (shop.root / "report.sql").exists()
    assert shop.run("status", "--porcelain") == ""


def test_local_changes_are_not_overwritten(shop, ledger, key):
    propose(shop, orders="select 2 as a\n")
    record = decide(shop, ledger, key)
    shop.run("checkout", "-q", "main")
    shop.write("orders.sql", "select 'mine'\n")
    before = shop.run("rev-parse", "main")
    with pytest.raises(MergeRefused, match="local changes"):
        merge(shop.repository, ledger, record.decision_id, "main", "agent")
    assert shop.run("rev-parse", "main") == before
    assert (shop.root / "orders.sql").read_text() == "select 'mine'\n"


def test_bytes_that_were_not_judged_are_refused(shop, ledger, key):
    propose(shop)
    record = decide(shop, ledger, key)
    shop.write("report.sql", "select a from orders where true\n")
    shop.commit("one more edit")
    with pytest.raises(MergeRefused, match=r"not about these bytes: report\.sql"):
        merge(shop.repository, ledger, record.decision_id, "main", "agent")


def test_a_file_added_after_the_decision_is_refused(shop, ledger, key):
    propose(shop)
    record = decide(shop, ledger, key)
    shop.write("extra.sql", "drop table orders\n")
    shop.commit("stowaway")
    with pytest.raises(MergeRefused, match=r"extra\.sql"):
        merge(shop.repository, ledger, record.decision_id, "main", "agent")


def test_a_blocked_change_is_refused_but_recorded(shop, ledger, key):
    propose(shop, report="drop table orders\n")
    record = decide(shop, ledger, key)
    assert ledger.entry(record.decision_id).verdict == "block"
    with pytest.raises(MergeRefused, match="the decision was block"):
        merge(shop.repository, ledger, record.decision_id, "main", "agent")


def test_a_merge_that_blends_both_sides_is_refused(shop, ledger, key):
    rows = [f"select {n} as c{n} from orders -- filler" for n in range(20)]
    shop.write("long.sql", "\nunion all\n".join(rows))
    shop.commit("long")
    propose(shop, long="\nunion all\n".join(["select 99 as c0 from orders", *rows[1:]]))
    record = decide(shop, ledger, key)
    shop.run("checkout", "-q", "main")
    shop.write("long.sql", "\nunion all\n".join([*rows[:-1], "select 77 as c19 from orders"]))
    shop.commit("main moved on")
    with pytest.raises(MergeRefused, match=r"long\.sql: base changed it too"):
        merge(shop.repository, ledger, record.decision_id, "main", "agent")


def test_a_key_that_the_base_does_not_trust_is_refused(shop, ledger):
    propose(shop)
    record = decide(shop, ledger, SigningKey.generate())
    with pytest.raises(MergeRefused, match="no valid signature by a trusted key"):
        merge(shop.repository, ledger, record.decision_id, "main", "agent")


def test_trust_that_the_change_brings_along_does_not_count(shop, ledger, trust):
    mallory = SigningKey.generate()
    shop.run("checkout", "-q", "-b", "agent")
    shop.write(TRUST_FILE, trust.with_key(mallory, "mallory").to_json())
    shop.write("report.sql", "select 1\n")
    shop.commit()
    record = decide(shop, ledger, mallory)
    with pytest.raises(MergeRefused):
        merge(shop.repository, ledger, record.decision_id, "main", "agent")
    proofs = verify_branch(shop.repository, "main", "agent", ledger=ledger)
    assert {p.state for p in proofs if p.path == "report.sql"} == {State.MISSING}


def test_a_policy_that_the_change_brings_along_does_not_judge_it(shop, ledger, key):
    shop.run("checkout", "-q", "-b", "agent")
    shop.write("governance.yml", "verdicts: {high: review}\n")
    shop.write("report.sql", "drop table orders\n")
    shop.commit()
    record = decide(shop, ledger, key)
    assert {f.code for f in record.decision.findings} >= {"GOV032"}
    with pytest.raises(MergeRefused, match="block"):
        merge(shop.repository, ledger, record.decision_id, "main", "agent")


def test_review_needs_an_approval(shop, ledger, key):
    propose(shop)
    record = decide(shop, ledger, key, author=Authorship.AGENT)
    assert str(record.decision.verdict) == "review"
    with pytest.raises(MergeRefused, match="the decision was review"):
        merge(shop.repository, ledger, record.decision_id, "main", "agent")
    attestation, _ = approve(ledger, record.decision_id, key, {"by": "ada", "at": "now", "reason": "read it"})
    done = merge(shop.repository, ledger, attestation.decision_id, "main", "agent")
    evidence = json.loads(shop.run("show", f"main:{done.sidecar}"))
    assert evidence["envelope"]["payload"]
    shop.run("checkout", "-q", "main")
    assert [(p.path, p.state) for p in verify_tree(shop.repository)] == [("report.sql", State.PROVEN)]


def test_a_block_cannot_be_approved(shop, ledger, key):
    propose(shop, report="drop table orders\n")
    record = decide(shop, ledger, key)
    with pytest.raises(MergeRefused, match="only review can be approved"):
        approve(ledger, record.decision_id, key, {"by": "ada"})


def test_a_changed_policy_on_base_voids_older_decisions(shop, ledger, key):
    propose(shop)
    record = decide(shop, ledger, key)
    shop.run("checkout", "-q", "main")
    shop.write("governance.yml", "sql: {tables: [orders]}\n")
    shop.commit("stricter")
    with pytest.raises(MergeRefused, match="under another policy"):
        merge(shop.repository, ledger, record.decision_id, "main", "agent")


def states(shop, head="agent", **more):
    return {p.path: p.state for p in verify_branch(shop.repository, "main", head, **more)}


def test_verify_names_what_has_no_evidence(shop, ledger, key):
    propose(shop, good="select a from orders\n", bad="drop table orders\n")
    assert states(shop) == {"good.sql": State.MISSING, "bad.sql": State.MISSING}
    decide(shop, ledger, key)
    assert states(shop, ledger=ledger) == {"good.sql": State.REFUSED, "bad.sql": State.REFUSED}


def test_evidence_survives_squash_and_rebase(shop, ledger, key):
    propose(shop)
    merge(shop.repository, ledger, decide(shop, ledger, key).decision_id, "main", "agent")
    shop.run("checkout", "-q", "-b", "squashed", "main~1")
    shop.run("checkout", "-q", "main", "--", ".")
    shop.commit("squashed")
    shop.run("checkout", "-q", "-b", "old-main", "main~1")
    proofs = verify_branch(shop.repository, "old-main", "squashed")
    assert {p.path: p.state for p in proofs} == {"report.sql": State.PROVEN}


@pytest.fixture
def merged(shop, ledger, key):
    propose(shop)
    done = merge(shop.repository, ledger, decide(shop, ledger, key).decision_id, "main", "agent")
    shop.run("branch", "-q", "old", "main~1")
    shop.run("checkout", "-q", "-B", "proposal", "main")
    return shop, done


def test_every_flipped_byte_of_a_sidecar_is_noticed(merged):
    shop, done = merged
    file = shop.root / done.sidecar
    data = file.read_bytes()
    assert {p.state for p in verify_branch(shop.repository, "old")} == {State.PROVEN}
    for place in range(0, len(data), max(1, len(data) // 60)):
        if data[place : place + 1].isspace():
            continue
        file.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        proofs = verify_branch(shop.repository, "old")
        assert any(p.state is not State.PROVEN for p in proofs), f"byte {place}"


def test_a_renamed_file_has_no_evidence(merged):
    shop, _ = merged
    shop.run("mv", "report.sql", "renamed.sql")
    shop.commit()
    assert {p.path: p.state for p in verify_branch(shop.repository, "old", "proposal")}[
        "renamed.sql"
    ] is State.MISSING


def test_line_endings_are_bytes_too(merged):
    shop, _ = merged
    shop.write("report.sql", "select a from orders\r\n")
    assert {p.path: p.state for p in verify_branch(shop.repository, "old")}["report.sql"] is State.MISSING


def test_a_rewritten_log_is_noticed_by_the_next_merge(merged, tmp_path, key):
    shop, _ = merged
    shop.run("checkout", "-q", "main")
    fresh = Ledger.open(f"sqlite:///{tmp_path}/ledger.db", str(tmp_path / "bodies2"))
    origin = fresh.origin
    rewritten = Ledger.open(f"sqlite:///{tmp_path}/rewritten.db", str(tmp_path / "bodies3"))
    rewritten.__dict__["origin"] = origin
    for number in range(3):
        propose(shop, f"other{number}", **{f"m{number}": f"select {number} as b\n"})
        record = decide(shop, rewritten, key, head=f"other{number}")
    envelope = rewritten.envelope(rewritten.entry(record.decision_id))
    from governance.evidence import Sidecar

    proof = rewritten.proof(rewritten.entry(record.decision_id))
    sidecar = Sidecar(envelope, proof.position, proof.path, proof.checkpoint)
    shop.write(f"{FOLDER}/{record.decision_id}.json", sidecar.to_json())
    shop.commit("evidence from a rewritten log")
    proofs = verify_branch(shop.repository, "main", "other2")
    assert [p.state for p in proofs if p.path.startswith(FOLDER)] == [State.INVALID]
    assert "rewritten" in next(p.reason for p in proofs if p.path.startswith(FOLDER))


def test_without_a_trust_file_nothing_is_proven(shop, ledger, key):
    propose(shop)
    decide(shop, ledger, key)
    shop.run("checkout", "-q", "main")
    shop.run("rm", "-q", TRUST_FILE)
    shop.commit("no trust")
    proofs = verify_branch(shop.repository, "main", "agent", ledger=ledger)
    assert {p.state for p in proofs} == {State.INVALID, State.MISSING}


def test_a_policy_given_by_hand_wins(shop, ledger, key, tmp_path):
    given = tmp_path / "p.yml"
    given.write_text("sql: {dialect: postgres}\n")
    propose(shop)
    policy = Policy.load(given)
    record = decide(shop, ledger, key, policy=policy)
    assert merge(shop.repository, ledger, record.decision_id, "main", "agent", policy=policy).commit


def test_revoked_keys_verify_nothing(key):
    trust = Trust({}).with_key(key, "tests")
    revoked = Trust({key.key_id: {**trust.keys[key.key_id], "revoked": "2026-01-01"}})
    assert revoked.public_keys() == []
    assert dataclasses.is_dataclass(revoked)
