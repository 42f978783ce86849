"""The composition root: a policy becomes checks, a change set becomes a recorded decision.

The faces (command line, Airflow, web) call this and nothing below it.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from governance.artifact import Artifact, ArtifactKind, Change, decode_path
from governance.changeset import Authorship, ChangeSet, Origin
from governance.check import Check
from governance.decision import Decision, active_waivers
from governance.errors import InvalidInput, InvalidPolicy
from governance.gate import evaluate, sql_ground
from governance.kind import kind_of
from governance.policy import POLICY_FILE, Policy, file_text

if TYPE_CHECKING:
    from governance.adapters.dbt import Given
    from governance.adapters.git import Repository
    from governance.attestation import Attestation
    from governance.keys import SigningKey
    from governance.ledger.store import Ledger, Proof
    from governance.trace import Trace

LEDGER_VARIABLE = "GOVERNANCE_LEDGER"
CACHE_VARIABLE = "GOVERNANCE_CACHE"
DEFAULT_LEDGER = "~/.local/share/governance/ledger.db"
EVIDENCE_FOLDER = ".governance/evidence/"

_DBT = frozenset(kind for kind in ArtifactKind if kind.startswith("dbt-")) | {ArtifactKind.EXPECTATIONS}
_INFRA = frozenset(
    {ArtifactKind.DAG, ArtifactKind.PYTHON, ArtifactKind.TERRAFORM, ArtifactKind.DOCKERFILE}
    | {ArtifactKind.WORKFLOW, ArtifactKind.SHELL}
)


@dataclass(frozen=True, slots=True)
class Record:
    """A decision that stands in the ledger, with its signature and its proof."""

    decision: Decision
    attestation: "Attestation"
    proof: "Proof"

    @property
    def decision_id(self) -> str:
        """The name of the decision in the ledger."""
        return self.attestation.decision_id


class Gate:
    """Judges change sets under one policy; with a ledger and a key it also records what it decides.

    `ground` is the policy with what this run alone is told of the project, such as variables of dbt: the
    checks go by it, and the decision is one under the policy.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        ledger: "Ledger | None" = None,
        key: "SigningKey | None" = None,
        ground: Policy | None = None,
    ) -> None:
        self.policy = policy or Policy()
        self._ground = ground or self.policy
        self._ledger = ledger
        self._key = key

    def ready(self) -> None:
        """Raises InvalidInput when there is no key to sign with: to be known before an agent is paid."""
        _ = self.key

    def check(self, changeset: ChangeSet) -> Decision:
        """Judge without recording. Never raises on what is in the change set."""
        return evaluate(changeset, build_checks(self._ground, changeset), self.policy)

    def decide(self, changeset: ChangeSet) -> Record:
        """Judge, sign, and store durably before returning, whatever the verdict.

        Raises InvalidInput without a key and LedgerUnavailable when evidence cannot be kept; in
        both cases nothing was decided.
        """
        from governance.attestation import SaltedTrace, attest, statement_of

        key, ledger = self.key, self.ledger
        decision = self.check(changeset)
        kept = self._redacted(changeset)
        salted = SaltedTrace.of(kept.trace) if kept.trace else None
        attestation = attest(statement_of(decision, kept, salted), key)
        proof = ledger.append(attestation, decision, kept, salted, key)
        return Record(decision, attestation, proof)

    @property
    def ledger(self) -> "Ledger":
        """The ledger given, or the one that the policy names. Raises LedgerUnavailable."""
        if self._ledger is None:
            self._ledger = open_ledger(self.policy)
        return self._ledger

    @property
    def key(self) -> "SigningKey":
        """The key given, or the one that the policy names. Raises InvalidInput when there is none."""
        if self._key is None:
            from governance.keys import SigningKey

            self._key = SigningKey.load(self.policy.signing.key)
        return self._key

    def _redacted(self, changeset: ChangeSet) -> ChangeSet:
        if changeset.trace is None or not self.policy.trace.redact:
            return changeset
        from governance.redaction import redact

        return replace(changeset, trace=redact(changeset.trace))


def build_checks(policy: Policy, changeset: ChangeSet) -> list[Check]:
    """The checks that this change set asks for, in the order they run.

    Only what is needed is imported: one SQL statement costs no dbt, scanner or trace rule.
    """
    kinds = {artifact.kind for artifact in changeset.artifacts}
    checks: list[Check] = []
    if ArtifactKind.SQL in kinds:
        checks.append(_sql_check(policy))
    if kinds & _DBT:
        checks += _dbt_checks(policy, changeset)
    if kinds & _INFRA:
        checks.append(_infra_check(policy))
    if changeset.trace is not None or (changeset.artifacts and changeset.authorship is Authorship.AGENT):
        checks.append(_trace_check(policy))
    return checks


def _sql_check(policy: Policy) -> Check:
    from governance.checks.sql import SqlCheck

    return SqlCheck(sql_ground(policy))


def _dbt_checks(policy: Policy, changeset: ChangeSet) -> tuple[Check, ...]:
    from governance.adapters.jail import Limits
    from governance.checks.dbt import dbt_checks
    from governance.checks.dbt_audit import DbtOptions

    options = DbtOptions(
        limits=Limits(seconds=policy.dbt.timeout),
        jail_required=not policy.dbt.allow_without_jail,
        render=policy.dbt.render,
        build=policy.dbt.build,
        cache=cache_folder(policy),
        dialect=_dbt_dialect(policy),
        minimum_rows=policy.outputs.minimum_rows,
        samples=policy.outputs.samples,
        connection=policy.dbt.connection,
        rows=policy.dbt.rows,
        accepted=frozenset(waiver.fingerprint for waiver in active_waivers(policy)),
        given=given_to_dbt(policy),
    )
    left_out = set() if policy.outputs.validate else {"outputs"}
    left_out |= set() if policy.dbt.build else {"dbt-build", "outputs"}
    return tuple(check for check in dbt_checks(changeset, options) if check.name not in left_out)


def _dbt_dialect(policy: Policy) -> str:
    """What the policy says of the SQL that dbt models are in; "" when it says nothing."""
    from governance.syntax.dialect import dialect_named

    said = policy.dbt.dialect or (policy.sql.dialect if policy.sql.dialect != Policy().sql.dialect else "")
    return said and dialect_named(said).name


def given_to_dbt(policy: Policy) -> "Given":
    """What dbt is handed beside the files of a project."""
    from governance.adapters.dbt import Given

    return Given(policy.dbt.vars, policy.dbt.environment, policy.dbt.columns, policy.dbt.packages)


def write_data_docs(decision: Decision, policy: Policy, folder: Path) -> int:
    """Write Great Expectations' pages of the outcomes that a decision rests on; how many models they show.

    Raises InvalidInput when no output was validated, WorkerFailed when the pages cannot be drawn.
    """
    from governance.adapters.data_docs import write_pages
    from governance.adapters.jail import Limits

    evidence = [report.evidence for report in decision.reports if report.check == "outputs"]
    models = {
        (root, key): found for each in evidence for root, kept in each.items() for key, found in kept.items()
    }
    several = len({root for root, _ in models}) > 1
    named = {f"{root}.{key}" if several else key: found for (root, key), found in models.items()}
    limits, jail_required = Limits(seconds=policy.dbt.timeout), not policy.dbt.allow_without_jail
    return write_pages(named, decision.decided_at, folder, limits, jail_required)


def cache_folder(policy: Policy) -> Path | None:
    """Where bases and their files are kept: GOVERNANCE_CACHE wins, then the policy; `None` for nowhere."""
    folder = os.environ.get(CACHE_VARIABLE, policy.dbt.cache)
    return Path(folder).expanduser() if folder else None


def _infra_check(policy: Policy) -> Check:
    from governance.checks.infra import InfraCheck

    return InfraCheck(policy.infra.scanners, policy.infra.timeout)


def _trace_check(policy: Policy) -> Check:
    from governance.checks.trace import TraceCheck

    return TraceCheck(minimum_visibility=policy.trace.reasoning, missing=policy.trace.missing)


def open_ledger(policy: Policy, wait: float = 15) -> "Ledger":
    """The ledger: GOVERNANCE_LEDGER wins, then the policy, then SQLite in the user's data folder."""
    from governance.ledger.store import Ledger

    url = _ledger_url(policy)
    return Ledger.open(url, policy.ledger.bodies or _bodies_beside(url), wait)


def ledger_exists(policy: Policy) -> bool:
    """Whether there is a ledger to read; opening a missing SQLite one would create it."""
    url = _ledger_url(policy)
    return not url.startswith("sqlite:///") or Path(url.removeprefix("sqlite:///")).exists()


def _ledger_url(policy: Policy) -> str:
    url = os.environ.get(LEDGER_VARIABLE) or policy.ledger.url
    return url or f"sqlite:///{Path(DEFAULT_LEDGER).expanduser()}"


def _bodies_beside(url: str) -> str:
    if url.startswith("sqlite:///"):
        return str(Path(url.removeprefix("sqlite:///")).parent / "bodies")
    return str(Path(DEFAULT_LEDGER).expanduser().parent / "bodies")


def loose_changeset(paths: Iterable[str | Path], sql: str = "", dialect: str = "") -> ChangeSet:
    """A change set of loose files (folders are walked) and at most one statement; asks for no trace."""
    artifacts = [_loose_file(file) for path in paths for file in _files_below(Path(path))]
    if sql:
        artifacts.append(
            Artifact("<sql>", ArtifactKind.SQL, sql.encode("utf-8", "surrogatepass"), dialect=dialect)
        )
    return ChangeSet(tuple(artifacts), authorship=Authorship.LOOSE)


def _files_below(path: Path) -> Iterator[Path]:
    if path.is_dir():
        below = (file for file in path.rglob("*") if file.is_symlink() or file.is_file())
        found = sorted(file for file in below if not _is_hidden(file.relative_to(path)))
        if not found:
            raise InvalidInput(f"{path}: no file in it to judge", "Name the folder that holds the files.")
        yield from found
    elif path.is_file():
        yield path
    elif path.exists():  # a pipe would keep us waiting for ever
        raise InvalidInput(f"{path}: not a regular file", "Pass a text on standard input with --sql -.")
    else:
        raise InvalidInput(f"{path}: no such file or folder", "Check the path, or quote it if it has spaces.")


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") and part != ".github" for part in path.parts)


def _loose_file(file: Path) -> Artifact:
    link = decode_path(os.fsencode(os.readlink(file))) if file.is_symlink() else ""
    roots = [str(folder) for folder in file.parents if (folder / "dbt_project.yml").exists()]
    try:
        content = link.encode() if link else file.read_bytes()  # what a link leads to is not ours to read
    except OSError as error:
        raise InvalidInput(f"{file}: cannot be read: {error.strerror}", "Check its permissions.") from error
    path = decode_path(os.fsencode(file.as_posix()))
    return Artifact(
        path, kind_of(path, content, ["" if root == "." else root for root in roots]), content, link=link
    )


def policy_at(repository: "Repository", commit: str, given: str = "") -> Policy:
    """The policy file given, else the one of that commit, else the strict default; with its manifest read."""
    if given:
        policy = Policy.load(given)
        return _with_own_manifest(policy, repository, commit, partial(file_text, folder=Path(given).parent))
    if repository.read(commit, POLICY_FILE) is None:
        return Policy()

    def read(file: str) -> str:
        place, data = f"{file} at {commit[:12]}", repository.read(commit, file)
        if data is None:
            raise InvalidPolicy(f"{place}: no such file", "Commit it; paths start at the repository's root.")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidPolicy(f"{place}: not UTF-8 text", "Save it as UTF-8.") from error

    policy = Policy.parse(read(POLICY_FILE), f"{POLICY_FILE} at {commit[:12]}", read)
    return _with_own_manifest(policy, repository, commit, read)


def _with_own_manifest(
    policy: Policy, repository: "Repository", commit: str, read: Callable[[str], str]
) -> Policy:
    file = policy.dbt.manifest
    return with_manifest(policy, read(file), file, repository, commit) if file else policy


def with_manifest(policy: Policy, text: str, name: str, repository: "Repository", commit: str) -> Policy:
    """The policy with what a dbt manifest says of tables and columns.

    What the policy itself says of a table wins. Raises InvalidInput for what is no manifest, and for that of
    a project which the commit does not hold.
    """
    from governance.adapters.checkout import project_names
    from governance.syntax.dbt.relations import production

    made = production(text, name)
    known = project_names(repository, commit)
    if made.project not in known:
        raise InvalidInput(
            f"{name}: it is of the dbt project {made.project!r}, which {commit[:12]} does not hold",
            f"Known there: {', '.join(sorted(known)) or 'none'}.",
        )
    sql = policy.sql.resolved()
    said = {**(sql.known_tables or {})}
    tables = {table: said.get(table) or columns for table, columns in made.relations.tables.items()}
    readers = {**made.relations.readers, **sql.readers}
    columns = {**made.columns_under(said), **policy.dbt.columns}
    return replace(
        policy,
        sql=replace(sql, schema={**said, **tables}, readers=readers),
        dbt=replace(policy.dbt, columns=columns),
    )


@contextmanager
def branch_changeset(
    repository: "Repository",
    base: str,
    head: str | None = None,
    trace: "Trace | None" = None,
    authorship: Authorship = Authorship.AGENT,
    run: Mapping[str, str] | None = None,
    cache: Path | None = None,
    packages: str = "",
) -> Iterator[ChangeSet]:
    """What a branch changes since it left `base`; `head` is a revision, or `None` for the work tree.

    When dbt files changed, its projects are checked out for as long as the context lasts, and those of base
    when they are needed; `cache` keeps their files, and `packages` names the folder of the work tree with
    what `dbt deps` has installed. Raises InvalidInput for revisions that do not exist.
    """
    head_commit = repository.commit(head or "HEAD")
    base_commit = repository.merge_base(repository.commit(base), head_commit)
    old = repository.tree(base_commit)
    new = repository.files(head_commit if head else None, old)
    artifacts = tuple(a for a in repository.differences(old, new) if not _is_new_evidence(a))
    origin = Origin(str(repository.root), base_commit, head_commit, head or repository.branch(), run or {})
    changeset = ChangeSet(artifacts, trace, authorship, origin)
    if not any(artifact.kind in _DBT for artifact in artifacts):
        yield changeset
        return
    from governance.adapters.checkout import checked_out

    with checked_out(repository, old, new, cache, packages) as (workdir, base_tree):
        yield replace(changeset, workdir=str(workdir), base=base_tree)


def _is_new_evidence(artifact: Artifact) -> bool:
    return artifact.path.startswith(EVIDENCE_FOLDER) and artifact.change is Change.ADDED
