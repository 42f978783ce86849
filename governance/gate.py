"""The spine: run every check over a change set and decide. No exception here ever yields a pass."""

import posixpath
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from governance.artifact import Artifact, ArtifactKind
from governance.changeset import ChangeSet
from governance.check import Check, CheckReport
from governance.decision import Decision, active_waivers, decide, judge
from governance.errors import InvalidInput, MissingTool
from governance.fault import (
    AGENT_UNFINISHED,
    CHECK_ABSENT,
    CHECK_CRASHED,
    CHECK_TIMED_OUT,
    POLICY_CHANGED,
    SYMBOLIC_LINK,
    TOO_LARGE,
    TRACE_UNREADABLE,
    UNKNOWN_KIND,
    UNREADABLE,
)
from governance.finding import Finding, Location, Severity, Verdict
from governance.policy import Policy

if TYPE_CHECKING:
    from governance.syntax.sql import SqlContext

_DOCUMENTS = frozenset(
    (".md", ".rst", ".txt", ".adoc", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".pdf", ".csv")
)


def evaluate(changeset: ChangeSet, checks: Sequence[Check], policy: Policy) -> Decision:
    """Judge the change set: intake, then each check in turn, then the policy.

    Artifacts that cannot be judged (too large, not text, links that leave the repository) are set
    aside with a finding, so that no check has to cope with them.
    """
    intake, judgeable = _take_in(changeset, policy)
    reports = [intake]
    for check in checks:
        reports.append(run_check(check, judgeable, policy.limits.check_seconds))
    reports.append(_required(reports, policy))
    return decide(changeset, [report for report in reports if report is not None], policy)


def run_check(check: Check, changeset: ChangeSet, seconds: float) -> CheckReport:
    """Run one check in a thread of its own; a crash or a time-out becomes a finding."""
    box: list[CheckReport] = []
    started = time.perf_counter()

    def work() -> None:
        try:
            box.append(check.run(changeset))
        except BaseException as error:  # a crashed check must never count as a pass
            box.append(CheckReport(check.name, (_crash(check.name, error),)))

    thread = threading.Thread(target=work, name=f"check-{check.name}", daemon=True)
    thread.start()
    thread.join(seconds)
    spent = time.perf_counter() - started
    if box:
        return replace(box[0], seconds=round(spent, 3))
    late = CHECK_TIMED_OUT.finding(f"check {check.name} was stopped after {seconds:g} s", quote=check.name)
    return CheckReport(check.name, (late,), round(spent, 3))


def _crash(name: str, error: BaseException) -> Finding:
    reason = (
        str(error) if isinstance(error, (InvalidInput, MissingTool)) else f"{type(error).__name__}: {error}"
    )
    return CHECK_CRASHED.finding(f"check {name} could not run: {reason}", quote=name)


def _take_in(changeset: ChangeSet, policy: Policy) -> tuple[CheckReport, ChangeSet]:
    findings: list[Finding] = []
    judgeable: list[Artifact] = []
    for artifact in changeset.artifacts:
        problem = _unjudgeable(artifact, policy)
        if problem is None:
            judgeable.append(artifact)
        else:
            findings.append(problem)
        if artifact.kind is ArtifactKind.POLICY or artifact.path == policy.signing.trust:
            findings.append(_policy_edit(artifact))
    if changeset.trace_problem:
        findings.append(TRACE_UNREADABLE.finding(changeset.trace_problem))
    if changeset.agent_failure:
        findings.append(AGENT_UNFINISHED.finding(changeset.agent_failure))
    return CheckReport("intake", tuple(findings)), replace(changeset, artifacts=tuple(judgeable))


def _unjudgeable(artifact: Artifact, policy: Policy) -> Finding | None:
    place = Location(artifact.path)
    if artifact.link:
        return _link(artifact)
    if artifact.kind is ArtifactKind.OTHER:
        return _unknown(artifact)
    size = len(artifact.content or b"")
    if size > policy.limits.artifact_bytes:
        limit = policy.limits.artifact_bytes
        return TOO_LARGE.finding(f"{size:,} bytes, of which the policy reads {limit:,} at most", place)
    try:
        _ = artifact.text, artifact.base_text
    except InvalidInput as error:
        return UNREADABLE.finding(error.message.removeprefix(f"{artifact.path}: "), place)
    return None


def _unknown(artifact: Artifact) -> Finding:
    """Documents and pictures do nothing; of anything else nobody can tell."""
    harmless = posixpath.splitext(artifact.path)[1].lower() in _DOCUMENTS
    message = "no check knows this kind of file" if harmless else "no check knows what this file would do"
    grade = Severity.LOW if harmless else UNKNOWN_KIND.severity
    return UNKNOWN_KIND.finding(message, Location(artifact.path), quote=artifact.path, severity=grade)


def _link(artifact: Artifact) -> Finding:
    target = posixpath.normpath(posixpath.join(posixpath.dirname(artifact.path), artifact.link))
    leaves = target.startswith(("/", "../")) or target == ".." or artifact.link.startswith("submodule ")
    what = artifact.link if artifact.link.startswith("submodule ") else f"symbolic link to {artifact.link}"
    return SYMBOLIC_LINK.finding(
        f"a {what}, which {'leaves' if leaves else 'stays in'} the repository",
        Location(artifact.path),
        quote=artifact.link,
        severity=Severity.HIGH if leaves else Severity.MEDIUM,
    )


def _policy_edit(artifact: Artifact) -> Finding:
    what = f"{artifact.path} is {artifact.change}: a change may not bring the policy that judges it"
    return POLICY_CHANGED.finding(what, Location(artifact.path))


def _required(reports: Iterable[CheckReport], policy: Policy) -> CheckReport:
    ran = {report.check for report in reports}
    absent = [name for name in policy.required if name not in ran]
    return CheckReport(
        "required",
        tuple(
            CHECK_ABSENT.finding(f"the policy requires check {name}, which did not run", quote=name)
            for name in absent
        ),
    )


@dataclass(frozen=True, slots=True)
class Report:
    """What the gate says of one statement: the verdict and the findings it rests on."""

    verdict: Verdict
    findings: tuple[Finding, ...]


def check_sql(
    sql: str,
    dialect: str,
    profile: str = "read",
    tables: Iterable[str] | None = None,
    schema: Mapping[str, Mapping[str, str]] | None = None,
    policy: Policy | None = None,
) -> Report:
    """Judge one SQL text in microseconds to milliseconds, without executing or recording anything.

    `profile` says what it may do (read, model, write, migrate); `tables` names the tables it may
    touch and `schema` maps tables to their columns and types, each in place of the policy's (without
    one: all tables, no schema). Never raises on bad SQL: what cannot be judged is a finding. Raises
    InvalidInput for an unknown profile.
    """
    from governance.statements import examine_sql  # the SQL rules need sqlglot: 0.2 s

    policy = policy or DEFAULT_POLICY
    asked = replace(policy.sql, dialect=dialect, profile=profile)
    if tables is not None:
        asked = replace(asked, tables=tuple(tables))
    if schema is not None:
        asked = replace(asked, schema=schema)
    findings = tuple(examine_sql(sql, sql_ground(replace(policy, sql=asked))))
    return Report(verdict_of(findings, policy), findings)


def sql_ground(policy: Policy) -> "SqlContext":
    """The ground on which a policy has SQL judged. Raises InvalidInput for an unknown profile."""
    from governance.syntax.sql import Profile, Server, SqlContext

    sql = policy.sql.resolved()
    if sql.profile not in set(Profile):
        known = ", ".join(Profile)
        raise InvalidInput(f"no profile is called {sql.profile!r}", f"Use one of {known}.")
    return SqlContext(
        dialect=sql.dialect,
        profile=Profile(sql.profile),
        tables=sql.tables,
        schema=sql.known_tables,
        readers=sql.readers,
        functions=sql.functions,
        personal=sql.personal,
        partitions=sql.partitions,
        server=Server(sql.connection, _accepted(policy)) if sql.connection else None,
    )


def _accepted(policy: Policy) -> frozenset[str]:
    """Codes and fingerprints of findings that may not block, because the policy weighs or waives them."""
    return frozenset((*policy.rules, *(waiver.fingerprint for waiver in active_waivers(policy))))


def verdict_of(findings: Iterable[Finding], policy: Policy) -> Verdict:
    """The gravest verdict that the policy gives any of the findings."""
    return max((judge(finding, policy).verdict for finding in findings), default=Verdict.PASS)


DEFAULT_POLICY = Policy()
