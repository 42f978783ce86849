"""Attestations: what is signed is what was decided, and nothing else verifies."""

import base64
import copy
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.artifact import Artifact, ArtifactKind
from governance.attestation import SaltedTrace, attest, statement_of, subjects_of, verify_envelope
from governance.changeset import ChangeSet
from governance.decision import decide
from governance.errors import InvalidEvidence, InvalidInput
from governance.keys import SigningKey, Trust
from governance.merkle import root_of
from governance.policy import Policy
from governance.trace import Actor, Source, Step, StepKind, Trace
from governance.wire import canonical, loads, plain, restore

KEY = SigningKey.generate()
TRUST = Trust({}).with_key(KEY, "tests")
STEPS = (Step(1, 1, StepKind.PROMPT, Actor.USER, "do it"), Step(2, 2, StepKind.MESSAGE, Actor.AGENT, "done"))
TRACE = Trace("t", Source("agent", "test"), STEPS)
ARTIFACTS = (
    Artifact("a.sql", ArtifactKind.SQL, b"select 1"),
    Artifact("gone.sql", ArtifactKind.SQL, None, b"select 0"),
)


def signed(key=KEY, trace=TRACE):
    changeset = ChangeSet(ARTIFACTS, trace)
    salted = SaltedTrace.of(trace)
    return attest(statement_of(decide(changeset, [], Policy()), changeset, salted), key), salted


def test_the_statement_names_every_artifact_by_digest():
    attestation, _ = signed()
    read = verify_envelope(attestation.envelope, TRUST)
    assert read.statement == attestation.statement
    assert subjects_of(read.statement) == [
        ("a.sql", hashlib.sha256(b"select 1").hexdigest(), "added"),
        ("gone.sql", hashlib.sha256(b"select 0").hexdigest(), "deleted"),
    ]


def test_verifying_does_not_change_the_envelope():
    attestation, _ = signed()
    before = copy.deepcopy(dict(attestation.envelope))
    verify_envelope(attestation.envelope, TRUST)
    assert attestation.envelope == before


def altered(**changes):
    return {**copy.deepcopy(dict(signed()[0].envelope)), **changes}


def resigned(statement) -> dict:
    """What a key holder could sign that is no gate decision."""
    return dict(attest(statement, KEY).envelope)


REFUSED = [
    ("unsigned", lambda: altered(signatures=[]), "no valid signature"),
    ("another key", lambda: signed(SigningKey.generate())[0].envelope, "no valid signature"),
    ("wrong payload type", lambda: altered(payloadType="text/plain"), "payload type"),
    ("payload is not base64", lambda: altered(payload="***"), "no base64 payload"),
    ("no payload", lambda: {"signatures": []}, "no base64 payload"),
    ("payload swapped", lambda: altered(payload=base64.b64encode(b"{}").decode()), "no valid signature"),
    (
        "wrong predicate type",
        lambda: resigned({**signed()[0].statement, "predicateType": "urn:other"}),
        "urn:other",
    ),
    ("no predicate", lambda: resigned({"_type": "x", "predicateType": "y", "subject": []}), "no statement"),
]


@pytest.mark.parametrize(("make", "words"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_refused(make, words):
    with pytest.raises(InvalidEvidence, match=words):
        verify_envelope(make(), TRUST)


def test_an_empty_trust_accepts_nothing():
    with pytest.raises(InvalidEvidence, match="no key is trusted"):
        verify_envelope(signed()[0].envelope, Trust({}))


def test_duplicate_keys_in_the_payload_are_refused():
    from securesystemslib.dsse import Envelope

    payload = b'{"_type": "https://in-toto.io/Statement/v1", "_type": "x"}'
    envelope = Envelope(payload, "application/vnd.in-toto+json", {})
    envelope.sign(KEY.signer)
    with pytest.raises(InvalidEvidence, match="given twice"):
        verify_envelope(envelope.to_dict(), TRUST)


@given(st.data())
def test_any_flipped_byte_of_the_payload_is_noticed(data):
    envelope = copy.deepcopy(dict(signed()[0].envelope))
    payload = bytearray(base64.b64decode(envelope["payload"]))
    payload[data.draw(st.integers(0, len(payload) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    envelope["payload"] = base64.b64encode(payload).decode()
    with pytest.raises(InvalidEvidence):
        verify_envelope(envelope, TRUST)


def test_the_text_of_a_step_can_be_erased_and_the_root_still_holds():
    attestation, salted = signed()
    leaves = salted.leaves
    kept = [leaves[0], SaltedTrace(Trace("t", TRACE.source, STEPS[1:]), salted.salts[1:]).leaves[0]]
    assert root_of(kept).hex() == attestation.predicate["trace"]["root"] == salted.root


def test_equal_steps_have_different_leaves():
    assert SaltedTrace.of(TRACE).leaves != SaltedTrace.of(TRACE).leaves


HOSTILE = [
    "\ud800",
    "\x00",
    "\u202e",
    2**60,
    -(2**60),
    float("nan"),
    float("inf"),
    b"\xff",
    {1: 2},
    ("a", None),
]


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_anything_can_be_canonical(value):
    assert loads(canonical({"value": value})) == {"value": plain(value)}


def test_a_trace_comes_back_as_it_was():
    salted = SaltedTrace.of(TRACE)
    assert restore(SaltedTrace, loads(canonical(salted))) == salted


def test_a_key_is_never_overwritten_and_is_private(tmp_path):
    file = KEY.save(tmp_path / "key.pem")
    assert file.stat().st_mode & 0o077 == 0
    assert SigningKey.load(file).key_id == KEY.key_id
    with pytest.raises(InvalidInput, match="never overwritten"):
        KEY.save(file)


BROKEN_KEYS = [("missing", None, "no signing key"), ("not pem", b"hello", "not a PEM private key")]


@pytest.mark.parametrize(("data", "words"), [b[1:] for b in BROKEN_KEYS], ids=[b[0] for b in BROKEN_KEYS])
def test_keys_that_cannot_be_read(tmp_path, data, words):
    file = tmp_path / "key.pem"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(InvalidInput, match=words):
        SigningKey.load(file)


BROKEN_TRUST = [
    b"",
    b"[]",
    b'{"keys": {"a": {}}}',
    b'{"keys": {"a": {"keytype": "rsa", "scheme": "x", "keyval": {}}}}',
]


@pytest.mark.parametrize("data", BROKEN_TRUST)
def test_a_broken_trust_file_trusts_nobody(data):
    with pytest.raises(InvalidEvidence, match="not a trust file"):
        Trust.parse(data, "trust.json")


def test_a_trust_file_comes_back_as_it_was():
    assert Trust.parse(TRUST.to_json().encode(), "trust.json").keys == json.loads(TRUST.to_json())["keys"]
