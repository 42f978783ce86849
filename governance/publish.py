"""Publishing: merge exactly the bytes that were judged, and verify what a branch carries."""

import datetime
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from governance.adapters.git import Repository
from governance.artifact import Artifact, Change, decode_path
from governance.attestation import Attestation, attest, subjects_of, verify_envelope
from governance.errors import InvalidEvidence, InvalidInput, MergeRefused
from governance.evidence import (
    FOLDER,
    Evidence,
    FileProof,
    GovernedFile,
    Sidecar,
    State,
    newest_checkpoint,
    why_not,
)
from governance.govern import policy_at
from governance.keys import SigningKey, Trust
from governance.policy import Policy

if TYPE_CHECKING:
    from governance.ledger.store import Entry, Ledger


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge that happened: the new commit, and the evidence file it carries."""

    commit: str
    branch: str
    decision_id: str
    sidecar: str


def merge(
    repository: Repository,
    ledger: "Ledger",
    decision_id: str,
    branch: str,
    head: str,
    policy: Policy | None = None,
    author: str = "airflow-governance",
) -> Merge:
    """Merge `head` into `branch` if the ledger holds a decision that allows exactly these bytes.

    Trust and policy come from the branch. Raises MergeRefused with the reason; the branch and the
    work tree then stay as they were.
    """
    base = repository.commit(branch)
    tip = repository.commit(head)
    rules = policy or policy_at(repository, base)
    trust = trust_at(repository, base, rules.signing.trust)
    entry = ledger.entry(decision_id)
    attestation = _allowed(ledger, entry, trust, rules.digest)
    artifacts = _judged(repository, base, tip, attestation)
    tree = repository.merged_tree(base, tip)
    _refuse_mixed(repository, tree, artifacts)
    sidecar = sidecar_of(repository, ledger, entry, base, trust)
    name = f"{FOLDER}/{attestation.decision_id}.json"
    message = f"Merge {head} into {branch}\n\nGovernance-Decision: {attestation.decision_id}\n"
    commit = repository.commit_tree([base, tip], tree, {name: sidecar.to_json()}, message, author)
    _advance(repository, branch, base, commit)
    return Merge(commit, branch, attestation.decision_id, name)


def _allowed(ledger: "Ledger", entry: "Entry", trust: Trust, policy_digest: str) -> Attestation:
    try:
        attestation = verify_envelope(ledger.envelope(entry), trust)
    except InvalidEvidence as error:
        raise MergeRefused(f"decision {entry.decision_id}: {error.message}", error.remedy) from error
    reason = why_not(attestation, policy_digest, _today())
    if reason:
        remedy = f"`governance show {entry.decision_id}` says what to mend; then judge the change again."
        raise MergeRefused(f"decision {entry.decision_id} does not allow this merge: {reason}", remedy)
    return attestation


def _judged(repository: Repository, base: str, tip: str, attestation: Attestation) -> tuple[Artifact, ...]:
    """The artifacts of the branch, if they are exactly the ones that the decision is about."""
    artifacts = repository.artifacts(repository.merge_base(base, tip), tip)
    present = {(f.path, f.sha256, f.change) for f in map(governed_file, artifacts)}
    decided = set(subjects_of(attestation.statement))
    strange = sorted({path for path, _, _ in present ^ decided})
    if strange:
        raise MergeRefused(
            f"decision {attestation.decision_id} is not about these bytes: {', '.join(strange[:5])}",
            "Judge the branch as it is now.",
        )
    return artifacts


def _refuse_mixed(repository: Repository, tree: str, artifacts: Iterable[Artifact]) -> None:
    """A merge that blends both sides of a file makes bytes that nobody judged."""
    merged = {decode_path(path): entry.blob for path, entry in repository.tree(tree).items()}
    for artifact in artifacts:
        expected = None if artifact.change is Change.DELETED else artifact.git_blob
        if merged.get(artifact.path) != expected:
            raise MergeRefused(
                f"{artifact.path}: base changed it too, so the merge would hold bytes nobody judged",
                "Rebase the change onto the base branch and judge it again.",
            )


def sidecar_of(repository: Repository, ledger: "Ledger", entry: "Entry", base: str, trust: Trust) -> Sidecar:
    """The evidence file of a ledger entry, tied to the newest checkpoint that `base` has seen."""
    proof = ledger.proof(entry)
    seen = newest_checkpoint(evidence_files(repository, base).values(), trust)
    since = seen.size if seen and seen.origin == ledger.origin and seen.size <= proof.size else 0
    consistency = ledger.consistency(since, proof.size) if since else ()
    return Sidecar(ledger.envelope(entry), proof.position, proof.path, proof.checkpoint, since, consistency)


def _advance(repository: Repository, branch: str, old: str, new: str) -> None:
    if repository.branch() == branch:
        try:
            repository.git("read-tree", "-m", "-u", old, new)
        except InvalidInput as error:
            raise MergeRefused(
                f"{branch} is checked out with local changes that the merge would overwrite",
                "Commit or stash them, then merge again.",
            ) from error
    repository.move_branch(branch, new, old)


def approve(
    ledger: "Ledger", decision_id: str, key: SigningKey, approval: Mapping[str, Any]
) -> tuple[Attestation, "Entry"]:
    """Sign a person's approval of a decision that asked for review, as a new entry of the ledger.

    `approval` says who, when, why and through what. Raises MergeRefused when the decision was not
    `review`: a block cannot be approved, and a pass needs no approval.
    """
    entry = ledger.entry(decision_id)
    statement = verify_envelope(ledger.envelope(entry), Trust({}).with_key(key, "self")).statement
    predicate = statement["predicate"]
    if predicate["verdict"] != "review":
        raise MergeRefused(
            f"decision {entry.decision_id} is {predicate['verdict']}; only review can be approved",
            "Mend what blocks it and judge it again.",
        )
    approved = {**predicate, "approval": dict(approval), "previous": entry.decision_id}
    attestation = attest({**statement, "predicate": approved}, key)
    ledger.append_approval(attestation, entry, key)
    return attestation, ledger.entry(attestation.decision_id)


def verify_branch(
    repository: Repository,
    base: str,
    head: str | None = None,
    policy: str = "",
    ledger: "Ledger | None" = None,
) -> list[FileProof]:
    """Whether each governed file that differs from `base` carries evidence that lets it be merged.

    Reads the evidence files of head, and the ledger when one is given. Trust file and policy are
    those of base. Broken evidence files are reported too.
    """
    base_commit = repository.commit(base)
    head_commit = repository.commit(head or "HEAD")
    start = repository.merge_base(base_commit, head_commit)
    rules = policy_at(repository, base_commit, policy)
    trust = trust_at(repository, base_commit, rules.signing.trust)
    witness = newest_checkpoint(evidence_files(repository, base_commit).values(), trust)
    files = [
        governed_file(artifact)
        for artifact in repository.artifacts(start, head_commit if head else None)
        if is_governed(artifact.path, rules) and not artifact.path.startswith(f"{FOLDER}/")
    ]
    sidecars = evidence_files(repository, head_commit if head else None)
    if ledger is not None:
        sidecars |= _from_ledger(repository, ledger, files, base_commit, trust)
    evidence = Evidence.read(sidecars, trust, witness)
    return [*evidence.problems, *(evidence.prove(file, rules.digest, _today()) for file in files)]


def verify_tree(repository: Repository) -> list[FileProof]:
    """Whether the evidence files of HEAD hold, and which files of HEAD they still vouch for."""
    head = repository.commit("HEAD")
    trust = trust_at(repository, head, policy_at(repository, head).signing.trust)
    evidence = Evidence.read(evidence_files(repository, head), trust)
    tree = {decode_path(path): entry for path, entry in repository.tree(head).items()}
    proofs = list(evidence.problems)
    for path, sha256, change in sorted(evidence.vouched):
        entry = tree.get(path)
        if entry is None or change == Change.DELETED:
            continue
        data = repository.contents([entry])[0]
        if hashlib.sha256(data).hexdigest() == sha256:
            attestation = evidence.vouched[(path, sha256, change)][-1]
            proofs.append(
                FileProof(path, State.PROVEN, "decided, signed and logged", attestation.decision_id)
            )
    return proofs


def governed_file(artifact: Artifact) -> GovernedFile:
    """What evidence must vouch for: a deleted file by the bytes it had."""
    if artifact.change is Change.DELETED:
        return GovernedFile(
            artifact.path, hashlib.sha256(artifact.base or b"").hexdigest(), str(Change.DELETED)
        )
    return GovernedFile(artifact.path, artifact.sha256, str(artifact.change))


def is_governed(path: str, policy: Policy) -> bool:
    """Whether a file needs evidence: its path or its name matches a pattern of the policy."""
    name = PurePosixPath(path).name
    return any(fnmatch(path, pattern) or fnmatch(name, pattern) for pattern in policy.governed)


def trust_at(repository: Repository, commit: str, file: str = Policy().signing.trust) -> Trust:
    """The trust file of a commit; no file means that nobody is trusted."""
    data = repository.read(commit, file)
    return Trust.parse(data, f"{file} at {commit[:12]}") if data is not None else Trust({})


def evidence_files(repository: Repository, commit: str | None) -> dict[str, bytes]:
    """The evidence files of a commit, or of the work tree when `None`, by path."""
    tree = repository.tree(commit) if commit else repository.work_tree()
    found = {path: entry for path, entry in tree.items() if path.startswith(f"{FOLDER}/".encode())}
    return dict(zip(map(decode_path, found), repository.contents(list(found.values())), strict=True))


def _from_ledger(
    repository: Repository, ledger: "Ledger", files: Iterable[GovernedFile], base: str, trust: Trust
) -> dict[str, bytes]:
    entries = {entry.decision_id: entry for file in files for entry in ledger.entries_about(file.sha256)}
    return {
        f"ledger:{name}": sidecar_of(repository, ledger, entry, base, trust).to_json()
        for name, entry in entries.items()
    }


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()
