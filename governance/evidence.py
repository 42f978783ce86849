"""Evidence beside the code: the sidecar that a merge commits, and what it proves about each file.

A sidecar holds the signed envelope, its inclusion proof and a checkpoint of the log. It is bound to
content digests, so it survives squash and rebase, and it is verified without network or ledger.
Trust and policy always come from the base revision, never from the change under review.
"""

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from governance.attestation import Attestation, subjects_of, verify_envelope
from governance.errors import InvalidEvidence
from governance.keys import Trust
from governance.ledger.checkpoint import Checkpoint, read_checkpoint
from governance.merkle import leaf_hash, verify_consistency, verify_inclusion
from governance.wire import canonical, loads

FOLDER = ".governance/evidence"


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What a merge commits: envelope, proof of its place in the log, and the signed log root.

    `consistency` proves that the log is an extension of the one of size `since`, the newest
    checkpoint that the base branch had.
    """

    envelope: Mapping[str, Any]
    position: int
    path: tuple[str, ...]
    checkpoint: str
    since: int = 0
    consistency: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        """The file's bytes."""
        data = {
            "envelope": self.envelope,
            "inclusion": {"position": self.position, "path": list(self.path)},
            "checkpoint": self.checkpoint,
            "consistency": {"since": self.since, "path": list(self.consistency)},
        }
        return (json.dumps(data, indent=1, sort_keys=True) + "\n").encode()

    @classmethod
    def parse(cls, data: bytes) -> "Sidecar":
        """Read a sidecar. Raises InvalidEvidence when it is not one."""
        try:
            read = loads(data)
            inclusion, consistency = read["inclusion"], read["consistency"]
            paths = tuple(inclusion["path"]), tuple(consistency["path"])
            for digest in (*paths[0], *paths[1]):
                bytes.fromhex(digest)
            numbers = int(inclusion["position"]), int(consistency["since"])
            return cls(
                dict(read["envelope"]), numbers[0], paths[0], str(read["checkpoint"]), numbers[1], paths[1]
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InvalidEvidence(
                f"not an evidence file: {error}", "Restore it from the merge that wrote it."
            ) from error

    def verify(self, trust: Trust) -> tuple[Attestation, Checkpoint]:
        """Check signature, inclusion and checkpoint. Raises InvalidEvidence saying which fails."""
        attestation = verify_envelope(self.envelope, trust)
        checkpoint = read_checkpoint(self.checkpoint, trust)
        leaf = leaf_hash(canonical(self.envelope))
        path = [bytes.fromhex(digest) for digest in self.path]
        if not verify_inclusion(self.position, checkpoint.size, leaf, path, checkpoint.root):
            raise InvalidEvidence(
                "the log does not include this decision", "The proof or the log was altered."
            )
        return attestation, checkpoint

    def extends(self, old: Checkpoint, new: Checkpoint) -> bool:
        """Whether this sidecar proves that checkpoint `new` extends `old`."""
        if old.origin != new.origin or self.since != old.size:
            return False
        path = [bytes.fromhex(digest) for digest in self.consistency]
        return verify_consistency(old.size, new.size, old.root, new.root, path)


class State(StrEnum):
    """What is known about one governed file."""

    PROVEN = "proven"
    MISSING = "missing"
    REFUSED = "refused"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class FileProof:
    """Whether one file carries valid evidence, and if not, why."""

    path: str
    state: State
    reason: str
    decision_id: str = ""


@dataclass(frozen=True, slots=True)
class GovernedFile:
    """A file that needs evidence: its path, the SHA-256 of its bytes, and what happened to it."""

    path: str
    sha256: str
    change: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Verified sidecars, ready to be asked about files; `problems` names those that do not hold."""

    vouched: Mapping[tuple[str, str, str], Sequence[Attestation]]
    newest: Checkpoint | None
    problems: tuple[FileProof, ...]

    @classmethod
    def read(cls, files: Mapping[str, bytes], trust: Trust, witness: Checkpoint | None = None) -> "Evidence":
        """Verify every sidecar; with a `witness` checkpoint, each must extend the log it saw."""
        vouched: dict[tuple[str, str, str], list[Attestation]] = {}
        problems: list[FileProof] = []
        newest: Checkpoint | None = None
        for name, data in sorted(files.items()):
            try:
                sidecar = Sidecar.parse(data)
                attestation, checkpoint = sidecar.verify(trust)
                if witness and not _consistent(sidecar, witness, checkpoint):
                    raise InvalidEvidence("the log was rewritten since the base branch saw it")
            except InvalidEvidence as error:
                problems.append(FileProof(name, State.INVALID, error.message))
                continue
            newest = max(filter(None, (newest, checkpoint)), key=lambda point: point.size)
            for subject in subjects_of(attestation.statement):
                vouched.setdefault(subject, []).append(attestation)
        return cls(vouched, newest, tuple(problems))

    def prove(self, file: GovernedFile, policy_digest: str, today: datetime.date) -> FileProof:
        """Whether one file carries a decision that lets it be merged under this policy."""
        candidates = self.vouched.get((file.path, file.sha256, file.change), ())
        if not candidates:
            return FileProof(file.path, State.MISSING, "no decision vouches for exactly these bytes")
        verdicts = [(why_not(attestation, policy_digest, today), attestation) for attestation in candidates]
        reason, attestation = min(verdicts, key=lambda pair: bool(pair[0]))
        state = State.REFUSED if reason else State.PROVEN
        return FileProof(file.path, state, reason or "decided, signed and logged", attestation.decision_id)


def _consistent(sidecar: Sidecar, witness: Checkpoint, checkpoint: Checkpoint) -> bool:
    if checkpoint.origin != witness.origin:
        return True  # another team's log; its own sidecars on the base branch are its witness
    if checkpoint.size <= witness.size:
        return checkpoint.size < witness.size or checkpoint.root == witness.root
    return sidecar.extends(witness, checkpoint)


def why_not(attestation: Attestation, policy_digest: str, today: datetime.date) -> str:
    """Why a decision does not let its artifacts be merged or executed; "" when it does."""
    predicate = attestation.predicate
    if predicate["policy"]["digest"]["sha256"] != policy_digest:
        return "it was decided under another policy than the base branch has"
    for finding in predicate["findings"]:
        waiver = finding.get("waiver")
        if waiver and datetime.date.fromisoformat(waiver["expires"]) < today:
            return f"the waiver of {finding['code']} by {waiver['author']} ran out on {waiver['expires']}"
    if predicate["verdict"] == "pass":
        return ""
    if predicate["verdict"] == "review" and predicate.get("approval"):
        return ""
    return f"the decision was {predicate['verdict']}"


def newest_checkpoint(files: Iterable[bytes], trust: Trust) -> Checkpoint | None:
    """The largest checkpoint among sidecars that verify, which is what the base branch witnessed."""
    best: Checkpoint | None = None
    for data in files:
        try:
            _, checkpoint = Sidecar.parse(data).verify(trust)
        except InvalidEvidence:
            continue  # it is reported where it stands; a broken file witnesses nothing
        if best is None or checkpoint.size > best.size:
            best = checkpoint
    return best
