"""Decisions: all findings of a change set weighed under the policy into one verdict."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from governance.changeset import ChangeSet
from governance.check import CheckReport
from governance.fault import WAIVER_EXPIRED, WAIVER_UNUSED
from governance.finding import Finding, Location, Severity, Verdict
from governance.policy import FAULT_SEVERITIES, POLICY_FILE, Policy, Waiver


@dataclass(frozen=True, slots=True)
class Judgement:
    """One finding with the severity and the verdict that the policy gives it."""

    finding: Finding
    severity: Severity
    verdict: Verdict
    waiver: Waiver | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate says of one change set, with everything it rests on."""

    verdict: Verdict
    judgements: tuple[Judgement, ...]
    policy_digest: str
    decided_at: str
    reports: tuple[CheckReport, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, gravest first."""
        return tuple(j.finding for j in self.judgements)


def decide(
    changeset: ChangeSet,
    reports: Iterable[CheckReport],
    policy: Policy,
    now: datetime.datetime | None = None,
) -> Decision:
    """Weigh all findings under the policy; the verdict is the gravest of them."""
    reports = tuple(reports)
    now = now or datetime.datetime.now(datetime.UTC)
    findings = tuple(dict.fromkeys(finding for report in reports for finding in report.findings))
    findings += tuple(_waiver_faults(changeset, findings, policy, now.date()))
    judgements = [judge(finding, policy, now.date()) for finding in findings]
    judgements.sort(key=_gravity)
    verdict = max((j.verdict for j in judgements), default=Verdict.PASS)
    at = now.isoformat(timespec="microseconds")  # two equal decisions of one second are still two
    return Decision(verdict, tuple(judgements), policy.digest, at, reports)


def _gravity(judgement: Judgement) -> tuple[int, int, bool, str, str]:
    """Gravest first; what is wrong with the change before what the gate could not judge because of it."""
    finding = judgement.finding
    doubt = finding.category == "gate"
    return -judgement.verdict, -judgement.severity, doubt, finding.location.path, finding.code


def active_waivers(policy: Policy, today: datetime.date | None = None) -> tuple[Waiver, ...]:
    """The waivers that have not run out."""
    day = today or datetime.datetime.now(datetime.UTC).date()
    return tuple(waiver for waiver in policy.waivers if waiver.expires >= day)


def judge(finding: Finding, policy: Policy, today: datetime.date | None = None) -> Judgement:
    """The severity and verdict of one finding; a waiver in force turns it into a recorded pass."""
    severity = policy.rules.get(finding.code, finding.severity)
    verdict = policy.verdicts.of(severity)
    if finding.code in FAULT_SEVERITIES and finding.severity >= Severity.MEDIUM:
        verdict = max(verdict, Verdict.REVIEW)
    for waiver in active_waivers(policy, today) if policy.waivers else ():
        if waiver.fingerprint == finding.fingerprint:
            return Judgement(finding, severity, Verdict.PASS, waiver)
    return Judgement(finding, severity, verdict)


def _waiver_faults(
    changeset: ChangeSet, findings: tuple[Finding, ...], policy: Policy, today: datetime.date
) -> Iterable[Finding]:
    found = {finding.fingerprint for finding in findings}
    touched = {artifact.path for artifact in changeset.artifacts}
    for waiver in policy.waivers:
        place, word = Location(POLICY_FILE), f"waiver {waiver.fingerprint} by {waiver.author}"
        if waiver.fingerprint in found and waiver.expires < today:
            yield WAIVER_EXPIRED.finding(
                f"{word} ran out on {waiver.expires}", place, quote=waiver.fingerprint
            )
        elif waiver.fingerprint not in found and (not waiver.path or waiver.path in touched):
            yield WAIVER_UNUSED.finding(
                f"{word} matches nothing in this change", place, quote=waiver.fingerprint
            )
