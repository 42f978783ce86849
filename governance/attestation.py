"""Attestations: a decision as an in-toto Statement in a signed DSSE envelope, and its verification.

Formats: in-toto Statement v1 and DSSE v1. The subjects are the artifacts by path with their
SHA-256 and git blob digests; the predicate says what was decided, under which policy, on which
findings, and pins the trace by a Merkle root over salted step hashes, so that the text of a step
can be erased later while the proof still holds.
"""

import copy
import hashlib
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.artifact import Artifact, Change
from governance.changeset import ChangeSet
from governance.decision import Decision, Judgement
from governance.errors import InvalidEvidence
from governance.keys import SigningKey, Trust
from governance.merkle import leaf_hash, root_of
from governance.trace import Trace
from governance.wire import canonical, digest, loads, plain

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:airflow-governance:gate-decision:v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"


@dataclass(frozen=True, slots=True)
class SaltedTrace:
    """A trace with one random salt for each step, as it is kept in the ledger."""

    trace: Trace
    salts: tuple[str, ...]

    @classmethod
    def of(cls, trace: Trace) -> "SaltedTrace":
        """Salt a trace."""
        return cls(trace, tuple(secrets.token_hex(16) for _ in trace.steps))

    @property
    def leaves(self) -> list[bytes]:
        """One leaf hash for each step: over the salt and the step's canonical JSON."""
        steps = zip(self.salts, self.trace.steps, strict=True)
        return [leaf_hash(bytes.fromhex(salt) + canonical(step)) for salt, step in steps]

    @property
    def root(self) -> str:
        """Merkle root over the leaves, in hexadecimal."""
        return root_of(self.leaves).hex()


def statement_of(decision: Decision, changeset: ChangeSet, trace: SaltedTrace | None) -> dict[str, Any]:
    """The in-toto Statement for a decision."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [_subject(artifact) for artifact in changeset.artifacts],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "verdict": str(decision.verdict),
            "decidedAt": decision.decided_at,
            "policy": {"digest": {"sha256": decision.policy_digest}},
            "authorship": str(changeset.authorship),
            "origin": plain(changeset.origin),
            "findings": [_finding(judgement) for judgement in decision.judgements],
            "checks": [
                {"name": report.check, "tools": plain(report.tools), "evidence": digest(report.evidence)}
                for report in decision.reports
            ],
            "trace": _trace(trace) if trace else None,
        },
    }


def _subject(artifact: Artifact) -> dict[str, Any]:
    gone = artifact.change is Change.DELETED
    data = (artifact.base if gone else artifact.content) or b""
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
    return {
        "name": plain(artifact.path),
        "digest": {"sha256": hashlib.sha256(data).hexdigest(), "gitBlob": blob},
        "annotations": {"change": str(artifact.change), "kind": str(artifact.kind), "mode": artifact.mode},
    }


def _finding(judgement: Judgement) -> dict[str, Any]:
    finding = judgement.finding
    return {
        **plain(finding),
        "severity": str(judgement.severity),
        "verdict": str(judgement.verdict),
        "fingerprint": finding.fingerprint,
        **({"waiver": plain(judgement.waiver)} if judgement.waiver else {}),
    }


def _trace(salted: SaltedTrace) -> dict[str, Any]:
    trace = salted.trace
    seen = Counter(str(step.reasoning.visibility) for step in trace.steps if step.reasoning)
    return {
        "id": plain(trace.trace_id),
        "root": salted.root,
        "steps": len(trace.steps),
        "raw": {"sha256": trace.raw_sha256, "bytes": trace.raw_bytes},
        "source": plain(trace.source),
        "completeness": str(trace.capture.completeness),
        "gaps": len(trace.capture.gaps),
        "visibility": dict(sorted(seen.items())),
        "redactions": plain(trace.redactions),
    }


@dataclass(frozen=True, slots=True)
class Attestation:
    """A signed statement: `envelope` is the DSSE envelope as JSON data."""

    envelope: Mapping[str, Any]
    statement: Mapping[str, Any]

    @property
    def decision_id(self) -> str:
        """Sixteen hexadecimal digits that name the decision: the start of the payload's SHA-256."""
        return hashlib.sha256(payload_of(self.envelope)).hexdigest()[:16]

    @property
    def predicate(self) -> Mapping[str, Any]:
        """What was decided, and on what."""
        predicate: Mapping[str, Any] = self.statement["predicate"]
        return predicate


def attest(statement: Mapping[str, Any], key: SigningKey) -> Attestation:
    """Sign a statement. Payload bytes are canonical JSON, so equal statements have equal ids."""
    from securesystemslib.dsse import Envelope

    envelope = Envelope(canonical(statement), PAYLOAD_TYPE, {})
    envelope.sign(key.signer)
    return Attestation(envelope.to_dict(), statement)


def payload_of(envelope: Mapping[str, Any]) -> bytes:
    """The signed bytes of an envelope. Raises InvalidEvidence when it is not one."""
    import base64
    import binascii

    try:
        return base64.b64decode(envelope["payload"], validate=True)
    except (KeyError, TypeError, binascii.Error, ValueError) as error:
        raise InvalidEvidence(
            "not a DSSE envelope: no base64 payload", "Restore the evidence file."
        ) from error


def verify_envelope(envelope: Mapping[str, Any], trust: Trust) -> Attestation:
    """Check type and signature and read the statement. Raises InvalidEvidence saying what is wrong."""
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError

    remedy = "The evidence was altered, or signed by a key that the base branch does not trust."
    payload = payload_of(envelope)
    if envelope.get("payloadType") != PAYLOAD_TYPE:
        raise InvalidEvidence(f"payload type {envelope.get('payloadType')!r} is not {PAYLOAD_TYPE}", remedy)
    keys = trust.public_keys()
    if not keys:
        raise InvalidEvidence(
            "no key is trusted", "Commit a trust file to the base branch: `governance keys trust`."
        )
    try:
        Envelope.from_dict(copy.deepcopy(dict(envelope))).verify(keys, 1)  # from_dict empties what it reads
    except (VerificationError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidEvidence(f"no valid signature by a trusted key ({error})", remedy) from error
    return Attestation(envelope, _statement(payload))


def _statement(payload: bytes) -> Mapping[str, Any]:
    try:
        statement = loads(payload)
        types = (statement["_type"], statement["predicateType"])
        _ = statement["subject"], statement["predicate"]["verdict"]
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidEvidence(
            f"the signed payload is no statement: {error}", "Restore the evidence file."
        ) from error
    if types != (STATEMENT_TYPE, PREDICATE_TYPE):
        raise InvalidEvidence(f"the signed statement is of type {types[1]}", "It vouches for something else.")
    if canonical(statement) != payload:
        raise InvalidEvidence("the signed statement is not in canonical form", "Restore the evidence file.")
    return dict(statement)


def subjects_of(statement: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
    """Path, SHA-256 and change of every artifact that the statement vouches for."""
    return [
        (subject["name"], subject["digest"]["sha256"], subject["annotations"]["change"])
        for subject in statement["subject"]
    ]
