"""Whether the record of a decision still holds: every digest, signature and proof computed anew."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.artifact import Change
from governance.attestation import verify_envelope
from governance.errors import GovernanceError, InvalidEvidence
from governance.keys import Trust
from governance.ledger.checkpoint import read_checkpoint
from governance.merkle import leaf_hash, verify_inclusion
from governance.view.case import Case
from governance.wire import canonical, loads

if TYPE_CHECKING:
    from governance.ledger.store import Entry, Ledger

HOLDS, UNKNOWN, BROKEN = "holds", "unknown", "broken"

_SUMMARY = {
    HOLDS: "signature, place in the log and every digest were verified just now",
    UNKNOWN: "the bytes are intact, but no trust file known here vouches for the signing key",
    BROKEN: "the record was altered or is incomplete",
}


@dataclass(frozen=True, slots=True)
class _Examined:
    name: str
    state: str
    detail: str

    def plain(self) -> dict[str, str]:
        return {"name": self.name, "state": self.state, "detail": self.detail}


def proof_view(ledger: "Ledger", entry: "Entry", trust: Trust | None = None) -> dict[str, Any]:
    """The state of the proof: `holds`, `unknown` (signed by a key nobody here trusts) or `broken`.

    Everything is read from the store again, so that what a page showed before proves nothing.
    """
    trust = trust or Trust({})
    case = Case(ledger, entry)
    examined = [
        _tried("signature", lambda: _signature(case, trust)),
        _tried("decision", lambda: _identity(case)),
        _tried("log", lambda: _inclusion(case, trust)),
        _tried("artifacts", lambda: _artifacts(case)),
        _tried("trace", lambda: _trace(case)),
        _tried("checks", lambda: _evidence(case)),
    ]
    states = {one.state for one in examined}
    state = BROKEN if BROKEN in states else UNKNOWN if UNKNOWN in states else HOLDS
    reasons = [one.detail for one in examined if one.state == state] if state != HOLDS else []
    return {
        "state": state,
        "reason": "; ".join(reasons) or _SUMMARY[state],
        "summary": _SUMMARY[state],
        "checks": [one.plain() for one in examined],
        "position": entry.position,
    }


def _tried(name: str, examine: Callable[[], _Examined]) -> _Examined:
    try:
        return examine()
    except GovernanceError as error:
        return _Examined(name, BROKEN, error.message)
    except Exception as error:  # altered evidence may have any shape; what cannot be read does not hold
        return _Examined(name, BROKEN, f"cannot be examined: {type(error).__name__}: {error}")


def _signature(case: Case, trust: Trust) -> _Examined:
    envelope = case.ledger.envelope(case.entry)
    signers = [str(one.get("keyid", "")) for one in envelope.get("signatures", ())]
    known = {key_id: key for key_id, key in trust.keys.items() if key_id in signers}
    if not signers:
        raise InvalidEvidence("the envelope has no signature")
    if not known:
        return _Examined(
            "signature", UNKNOWN, f"signed by key {signers[0][:16]}…, not in a trust file we know"
        )
    verify_envelope(envelope, trust)
    owners = ", ".join(str(key.get("owner") or key_id[:16]) for key_id, key in known.items())
    return _Examined("signature", HOLDS, f"signed by {owners}")


def _identity(case: Case) -> _Examined:
    payload = base64.b64decode(case.ledger.envelope(case.entry)["payload"], validate=True)
    if hashlib.sha256(payload).hexdigest()[:16] != case.id:
        raise InvalidEvidence("the signed statement is not the one that the log lists under this id")
    signed = "pass" if case.predicate.get("approval") else case.predicate["verdict"]
    if signed != case.entry.verdict:
        raise InvalidEvidence(f"the log says {case.entry.verdict}, the signed statement {signed}")
    return _Examined("decision", HOLDS, "the id and the verdict are those of the signed statement")


def _inclusion(case: Case, trust: Trust) -> _Examined:
    leaf = leaf_hash(canonical(case.ledger.envelope(case.entry)))
    if leaf.hex() != case.entry.leaf:
        raise InvalidEvidence("the log lists another envelope at this position")
    proof = case.ledger.proof(case.entry)
    try:
        checkpoint = read_checkpoint(proof.checkpoint, trust)
        size, root, state = checkpoint.size, checkpoint.root, HOLDS
    except InvalidEvidence:
        if _signed_by_known(case, trust):
            raise
        (size, root), state = _unsigned(proof.checkpoint), UNKNOWN
    path = [bytes.fromhex(digest) for digest in proof.path]
    if not verify_inclusion(case.entry.position, size, leaf, path, root):
        raise InvalidEvidence("the log's root does not include this decision")
    place = f"entry {case.entry.position + 1} of {size}"
    if state == UNKNOWN:
        return _Examined("log", UNKNOWN, f"{place}; the log's root is signed by a key not known here")
    return _Examined("log", HOLDS, f"{place}, under a signed root")


def _signed_by_known(case: Case, trust: Trust) -> bool:
    signatures = case.ledger.envelope(case.entry).get("signatures", ())
    return any(str(one.get("keyid", "")) in trust.keys for one in signatures)


def _unsigned(note: str) -> tuple[int, bytes]:
    """Size and root of a checkpoint whose key is not known, only to see whether the log is coherent."""
    try:
        _, size, root = note.partition("\n\n")[0].split("\n")
        return int(size), base64.b64decode(root, validate=True)
    except (ValueError, binascii.Error) as error:
        raise InvalidEvidence("the log's checkpoint cannot be read") from error


def _artifacts(case: Case) -> _Examined:
    for subject in case.statement["subject"]:
        path = subject["name"]
        role = "base" if subject["annotations"]["change"] == str(Change.DELETED) else "head"
        digest = case.bodies.get((role, path))
        if digest is None and subject["digest"]["sha256"] == hashlib.sha256(b"").hexdigest():
            continue  # a symbolic link has no bytes of its own
        if digest is None:
            raise InvalidEvidence(f"{path}: its bytes are missing")
        if hashlib.sha256(case.ledger.bodies.get(digest)).hexdigest() != subject["digest"]["sha256"]:
            raise InvalidEvidence(f"{path}: the stored bytes are not those that were judged")
    count = len(case.statement["subject"])
    return _Examined(
        "artifacts", HOLDS, f"the bytes of {count} artifact{'s' * (count != 1)} are those judged"
    )


def _trace(case: Case) -> _Examined:
    signed = case.predicate.get("trace")
    if not signed:
        return _Examined("trace", HOLDS, "the change came without a trace")
    salted = case.salted
    if salted is None:
        raise InvalidEvidence("the trace is missing")
    if salted.root != signed["root"]:
        raise InvalidEvidence("the stored trace is not the one that was signed")
    steps = len(salted.trace.steps)
    return _Examined("trace", HOLDS, f"all {steps} steps are those that were recorded")


def _evidence(case: Case) -> _Examined:
    checks = list(_digests(case))
    return _Examined("checks", HOLDS, f"the results of {len(checks)} checks are those that were signed")


def _digests(case: Case) -> Iterator[str]:
    for check in case.predicate.get("checks", ()):
        stored = case.bodies.get(("evidence", check["name"]))
        data = loads(case.ledger.bodies.get(stored)) if stored else {}
        if hashlib.sha256(canonical(data)).hexdigest() != check["evidence"]:
            raise InvalidEvidence(f"the results of check {check['name']} are not those that were signed")
        yield check["name"]
