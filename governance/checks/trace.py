"""The trace check: is there a trace, is it whole, does it show its reasoning, and what does it tell?"""

import time
from collections.abc import Iterator

from governance.artifact import Change
from governance.blame import accounts_for
from governance.catalog import rules
from governance.changeset import Authorship, ChangeSet
from governance.check import CheckReport, examine
from governance.facts import TraceFacts
from governance.fault import CHANGE_UNEXPLAINED, REASONING_WITHHELD, TRACE_INCOMPLETE, TRACE_MISSING
from governance.finding import Finding, Location, Severity
from governance.monitor import score
from governance.redaction import redact_finding
from governance.trace import Completeness, Gap, StepKind, Trace, Visibility

_SEEN = {
    Visibility.FULL: 4,
    Visibility.SUMMARY: 3,
    Visibility.ENCRYPTED: 2,
    Visibility.OMITTED: 1,
    Visibility.ABSENT: 0,
}
_WHOLE = (Completeness.COMPLETE, Completeness.UNKNOWN)


class TraceCheck:
    """Judges the trace of a change set; `minimum_visibility` is how much reasoning it must show.

    `missing` grades an agent's change that comes without a trace; the default is the fault's own.
    """

    def __init__(
        self, minimum_visibility: Visibility | None = None, missing: Severity = TRACE_MISSING.severity
    ) -> None:
        self.minimum_visibility = minimum_visibility
        self.missing = missing

    @property
    def name(self) -> str:
        """The word for this check."""
        return "trace"

    def run(self, changeset: ChangeSet) -> CheckReport:
        """Every finding about the trace; none when no trace is due and none was given."""
        begin = time.perf_counter()
        trace = changeset.trace
        if trace is None:
            findings = tuple(self._absent(changeset))
            return CheckReport(self.name, findings, time.perf_counter() - begin)
        told = map(redact_finding, examine(TraceFacts(trace), rules("trace")))
        findings = (*_gaps(trace), *self._withheld(trace), *_unexplained(changeset, trace), *told)
        evidence = {
            "trace_id": trace.trace_id,
            "steps": len(trace.steps),
            "completeness": str(trace.capture.completeness),
            "visibility": visibility(trace),
            "score": score(findings),
        }
        return CheckReport(self.name, findings, time.perf_counter() - begin, evidence=evidence)

    def _absent(self, changeset: ChangeSet) -> Iterator[Finding]:
        if changeset.authorship is Authorship.AGENT:
            paths = ", ".join(a.path for a in changeset.artifacts[:3]) or "this change"
            message = f"nobody can tell why {paths} was written: an agent's change came without a trace"
            yield TRACE_MISSING.finding(message, severity=self.missing)

    def _withheld(self, trace: Trace) -> Iterator[Finding]:
        minimum = self.minimum_visibility
        if minimum is None:
            return
        thoughts = [s for s in trace.steps if s.reasoning]
        hidden = [s for s in thoughts if s.reasoning and _SEEN[s.reasoning.visibility] < _SEEN[minimum]]
        if not thoughts and _SEEN[minimum]:
            yield REASONING_WITHHELD.finding(f"the trace holds no reasoning; the policy asks for {minimum}")
        elif hidden:
            shown = f"{len(hidden)} of {len(thoughts)} thoughts"
            message = f"{shown} show less than {minimum}, which the policy asks for"
            yield REASONING_WITHHELD.finding(message, Location(step=hidden[0].seq))


def visibility(trace: Trace) -> dict[str, int]:
    """How many thoughts of a trace are visible to which degree."""
    counts = dict.fromkeys(map(str, Visibility), 0)
    for step in trace.steps:
        if step.reasoning:
            counts[str(step.reasoning.visibility)] += 1
    return {name: count for name, count in counts.items() if count}


def _unexplained(changeset: ChangeSet, trace: Trace) -> Iterator[Finding]:
    """Files of a repository that an agent changed and its trace does not speak of.

    What a function returns is handed over, not written, so no step need show it.
    """
    if changeset.authorship is not Authorship.AGENT or not changeset.origin.repository:
        return
    for artifact in changeset.artifacts:
        if artifact.change is not Change.DELETED and not accounts_for(trace, artifact):
            message = f"no step of the trace can have written {artifact.path}"
            yield CHANGE_UNEXPLAINED.finding(message, Location(artifact.path), quote=artifact.path)


def _gaps(trace: Trace) -> Iterator[Finding]:
    if trace.capture.completeness in _WHOLE:
        return
    gaps = [gap for gap in trace.capture.gaps if "blank" not in gap.reason]
    compacted = next((s for s in trace.steps if s.kind is StepKind.COMPACTION), None)
    if gaps:
        lost = sum(gap.span.length for gap in gaps)
        first = f"the first at byte {gaps[0].span.offset}: {gaps[0].reason}"
        message = f"{lost} bytes of the trace could not be read, {first}"
        if _cut_off(trace, gaps[-1]):
            message, grade = f"the trace breaks off: {message}", Severity.MEDIUM
        else:
            grade = TRACE_INCOMPLETE.severity
        yield TRACE_INCOMPLETE.finding(message, severity=grade)
    elif compacted:
        message = "the session was compacted here; what came before is only summarised"
        yield TRACE_INCOMPLETE.finding(message, Location(step=compacted.seq))
    else:
        yield TRACE_INCOMPLETE.finding(f"the trace is {trace.capture.completeness}")


def _cut_off(trace: Trace, last: Gap) -> bool:
    """Whether its last line is lost: unlike noise between two records, it may hide any number of steps."""
    return 0 < trace.raw_bytes <= last.span.offset + last.span.length + 1
