"""Recorded decisions on the command line: listed, shown, verified, approved; and the keys that sign them."""

import stat

import pytest

from tests.cli.conftest import BLOCK, PASS, QUERY, REVIEW, UNDECIDED


@pytest.fixture
def recorded(governance, signing, transcript):
    """The id of a decision on the branch."""
    ran = governance("check", "--base", "main", "--trace", transcript, "--record")
    assert ran.status == PASS
    return ran.err.removeprefix("recorded as ").strip()


def test_a_decision_is_listed_and_shown_by_the_beginning_of_its_id(governance, recorded):
    assert governance("log").out.startswith(f"{recorded}  ")
    shown = governance("show", recorded[:6])
    assert shown.out.startswith(f"decision {recorded}  pass")
    assert "proof    holds: " in shown.out
    assert "artifact added    queries/daily.sql" in shown.out


def test_json_of_a_decision_holds_its_trace(governance, recorded):
    shown = governance("show", recorded, "--json").json
    assert (shown["id"], shown["verdict"]) == (recorded, "pass")
    assert shown["trace"]["steps"] == 5


FILTERS = [
    ("verdict, met", ["--verdict", "pass"], 1),
    ("verdict, not met", ["--verdict", "block"], 0),
    ("text, met", ["--text", "orders per day"], 1),
    ("text, not met", ["--text", "nothing like it"], 0),
    ("rule, not met", ["--rule", "SQL401"], 0),
    ("dag, not met", ["--dag", "nightly"], 0),
    ("agent, not met", ["--agent", "somebody"], 0),
]


@pytest.mark.parametrize(("given", "found"), [f[1:] for f in FILTERS], ids=[f[0] for f in FILTERS])
def test_the_log_is_filtered(governance, recorded, given, found):
    assert len(governance("log", *given, "--json").json) == found


def test_lineage_leads_from_the_prompt_to_the_columns(governance, recorded):
    graph = governance("lineage", recorded, "--json").json
    kinds = {node["kind"] for node in graph["nodes"]}
    assert {"prompt", "artifact", "decision"} <= kinds
    assert {e["source"] for e in graph["edges"]} | {e["target"] for e in graph["edges"]} <= {
        n["id"] for n in graph["nodes"]
    }
    told = governance("lineage", recorded).out
    assert "artifact queries/daily.sql  --decidedBy-->  decision pass" in told
    assert "artifact queries/daily.sql  --readsFrom-->  column orders.day" in told
    assert "dataset orders  --partOf-->  column orders.day" in told


def test_a_recorded_branch_verifies_until_a_byte_changes(governance, recorded, signing):
    ran = governance("verify", "--base", "main")
    assert (ran.status, ran.err) == (PASS, "1 of 1 proven\n")
    assert ran.out.split()[:3] == ["proven", "queries/daily.sql", recorded]
    assert [p["state"] for p in governance("verify", "--base", "main", "--json").json] == ["proven"]

    signing.write("queries/daily.sql", QUERY + " ")
    signing.commit()
    ran = governance("verify", "--base", "main")
    assert (ran.status, ran.out.split()[:2]) == (BLOCK, ["missing", "queries/daily.sql"])


def test_offline_nothing_vouches_for_a_branch_that_carries_no_evidence(governance, recorded):
    assert governance("verify", "--base", "main", "--offline").status == BLOCK


def test_without_a_base_there_must_be_evidence_to_verify(governance, recorded):
    ran = governance("verify")
    assert ran.status == UNDECIDED
    assert "carries no evidence" in ran.err


def test_blocked_attempts_are_recorded_too(governance, signing):
    signing.write("queries/daily.sql", "drop table orders")
    ran = governance("check", "--base", "main", "--by-hand", "--record")
    assert ran.status == BLOCK
    (entry,) = governance("log", "--json").json
    assert (entry["verdict"], entry["decision_id"] in ran.err) == ("block", True)


def test_the_same_decision_made_again_at_once_is_recorded_again(governance, signing):
    ids = {governance("check", "--base", "main", "--by-hand", "--record").err for _ in range(3)}
    assert len(ids) == len(governance("log", "--json").json) == 3


def test_an_approval_is_signed_and_then_vouches_for_the_branch(governance, signing):
    ran = governance("check", "--base", "main", "--record")
    assert ran.status == REVIEW
    decision = ran.err.split()[-1]
    assert governance("verify", "--base", "main").status == BLOCK
    assert governance("approve", decision, "--reason", "ada read it").out.startswith("approved as ")
    shown = governance("log", "--json").json
    assert len(shown) == 2
    assert governance("show", shown[0]["decision_id"], "--json").json["approval"]["reason"] == "ada read it"
    assert governance("verify", "--base", "main").status == PASS


def test_only_review_can_be_approved(governance, signing):
    signing.write("queries/daily.sql", "drop table orders")
    decision = governance("check", "--base", "main", "--by-hand", "--record").err.split()[-1]
    ran = governance("approve", decision, "--reason", "please")
    assert (ran.status, "only review can be approved" in ran.err) == (UNDECIDED, True)
    assert len(governance("log", "--json").json) == 1


READERS = [["log"], ["show", "3f2a"], ["lineage", "3f2a"], ["approve", "3f2a", "--reason", "x"]]


@pytest.mark.parametrize("asked", READERS, ids=[r[0] for r in READERS])
def test_reading_makes_no_ledger(governance, own_home, asked):
    ran = governance(*asked)
    assert (ran.status, "there is no ledger yet" in ran.err) == (UNDECIDED, True)
    assert list(own_home.iterdir()) == []


@pytest.mark.parametrize("asked", READERS[1:], ids=[r[0] for r in READERS[1:]])
def test_an_unknown_decision_is_named(governance, recorded, asked):
    ran = governance(asked[0], "zzzz", *asked[2:])
    assert (ran.status, "'zzzz' is not in the ledger" in ran.err) == (UNDECIDED, True)


def test_a_key_is_made_once_and_for_its_owner_only(governance, own_home):
    file = own_home / "keys/mine.pem"
    made = governance("keys", "init", "--key", file)
    assert made.status == PASS
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = file.read_bytes()
    again = governance("keys", "init", "--key", file)
    assert (again.status, "never overwritten" in again.err, file.read_bytes()) == (UNDECIDED, True, kept)
    shown = governance("keys", "show", "--key", file).out
    assert shown.split()[1] in made.out
    assert "PRIVATE" not in shown


def test_trust_is_added_and_nothing_is_lost_from_it(governance, shop):
    for name in ("one", "two"):
        governance("keys", "init", "--key", f"../{name}.pem")
        assert governance("keys", "trust", "--key", f"../{name}.pem", "--owner", name).status == PASS
    trusted = (shop.root / ".governance/trust.json").read_text()
    assert trusted.count('"keytype"') == 2
    assert '"owner": "one"' in trusted
    assert "PRIVATE" not in trusted
