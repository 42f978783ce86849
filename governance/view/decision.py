"""One decision: the verdict in plain words, its reasons, what was judged, and how it was checked."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from governance.artifact import Change
from governance.errors import GovernanceError
from governance.keys import Trust
from governance.redaction import redact_text
from governance.trace import Trace, Visibility
from governance.view.case import Case
from governance.view.proof import proof_view
from governance.wire import loads

if TYPE_CHECKING:
    from governance.ledger.store import Ledger

_WORDS = {
    "pass": "Allowed: nothing that was found stands in the way.",
    "": "Allowed: nothing was found.",
    "review": "Held for review: a person has to look before this may be merged or executed.",
    "block": "Blocked: this was neither merged nor executed.",
}
_WITHHELD = frozenset((Visibility.ENCRYPTED, Visibility.OMITTED))


def decision_view(
    source: "Ledger | Case", decision_id: str = "", trust: Trust | None = None
) -> dict[str, Any]:
    """Everything a decision's page says, but for the lines of its artifacts and the steps of its trace."""
    case = source if isinstance(source, Case) else Case.open(source, decision_id)
    entry = case.entry
    proof = proof_view(case.ledger, entry, trust)
    run = {key: getattr(entry, key) for key in ("dag_id", "task_id", "run_id", "map_index", "try_number")}
    shared = {
        "id": case.id,
        "verdict": entry.verdict,
        "recorded_at": entry.recorded_at,
        "task": entry.task,
        "agent": entry.agent,
        "run": run,
        "proof": proof,
    }
    try:
        return {**shared, "problem": "", **_signed(case)}
    except GovernanceError as error:  # altered evidence: the page shows the log's row and what is wrong
        return {**shared, "problem": str(error), "words": _WORDS.get(entry.verdict, ""), **_NOTHING}


_NOTHING: Mapping[str, Any] = {
    "reasons": [],
    "findings": [],
    "artifacts": [],
    "checks": [],
    "trace": None,
    "origin": {},
    "policy": "",
    "decided_at": "",
    "authorship": "",
    "approval": None,
    "previous": "",
}


def _signed(case: Case) -> dict[str, Any]:
    predicate = case.predicate
    findings = [finding_view(rank, finding) for rank, finding in enumerate(case.findings)]
    approval = predicate.get("approval")
    return {
        "words": _words(case.entry.verdict, approval, findings),
        "reasons": [f for f in findings if f["verdict"] != "pass"][:3],
        "findings": findings,
        "artifacts": [_artifact(case, subject) for subject in case.statement["subject"]],
        "checks": [_check(case, check) for check in predicate.get("checks", ())],
        "trace": _trace(case),
        "origin": {k: v for k, v in predicate.get("origin", {}).items() if k != "run"},
        "policy": predicate["policy"]["digest"]["sha256"],
        "decided_at": predicate.get("decidedAt", ""),
        "authorship": predicate.get("authorship", ""),
        "approval": approval,
        "previous": predicate.get("previous", ""),
    }


def _words(verdict: str, approval: Mapping[str, Any] | None, findings: list[dict[str, Any]]) -> str:
    if approval:
        return f"Allowed: approved by {approval.get('by', 'unknown')} after review."
    waived = sum(1 for finding in findings if finding.get("waiver"))
    if verdict == "pass" and waived:
        return f"Allowed: {waived} finding{'s were' if waived > 1 else ' was'} waived by the policy."
    return _WORDS.get("" if verdict == "pass" and not findings else verdict, verdict)


def finding_view(rank: int, finding: Mapping[str, Any]) -> dict[str, Any]:
    """A signed finding without secrets, its place flattened to path, line, column and step."""
    place = finding.get("location", {})
    start, end = place.get("start") or {}, place.get("end") or {}
    kept = ("code", "name", "severity", "verdict", "fingerprint", "remedy", "allow", "category")
    return {
        **{key: finding.get(key, "") for key in kept},
        **{key: redact_text(finding.get(key, ""))[0] for key in ("message", "quote")},
        "rank": rank,
        "path": place.get("path", ""),
        "line": start.get("line"),
        "column": start.get("column"),
        "end_line": end.get("line"),
        "step": place.get("step"),
        "related": [_related(other) for other in finding.get("related", ())],
        "waiver": finding.get("waiver"),
    }


def _related(place: Mapping[str, Any]) -> dict[str, Any]:
    start = place.get("start") or {}
    return {"path": place.get("path", ""), "line": start.get("line"), "step": place.get("step")}


def _artifact(case: Case, subject: Mapping[str, Any]) -> dict[str, Any]:
    path, notes = subject["name"], subject["annotations"]
    mine = [finding for finding in case.findings if finding.get("location", {}).get("path") == path]
    blamed = case.blamed.get(path, ())
    return {
        "path": path,
        "change": notes["change"],
        "kind": notes["kind"],
        "sha256": subject["digest"]["sha256"],
        "git_blob": subject["digest"].get("gitBlob", ""),
        "findings": len(mine),
        "written": sum(1 for line in blamed if line.step is not None),
        "unexplained": sum(1 for line in blamed if line.unexplained),
        "deleted": notes["change"] == str(Change.DELETED),
    }


def _check(case: Case, check: Mapping[str, Any]) -> dict[str, Any]:
    stored = case.bodies.get(("evidence", check["name"]))
    evidence = loads(case.ledger.bodies.get(stored)) if stored else {}
    return {"name": check["name"], "tools": check.get("tools", {}), "evidence": evidence}


def _trace(case: Case) -> dict[str, Any] | None:
    trace, signed = case.trace, case.predicate.get("trace")
    if trace is None or not signed:
        return None
    return {**trace_summary(trace), "root": signed["root"], "raw": signed.get("raw", {})}


def trace_summary(trace: Trace) -> dict[str, Any]:
    """Who ran, how much of it is recorded, and what is not to be seen."""
    seen = Counter(str(step.reasoning.visibility) for step in trace.steps if step.reasoning)
    kinds = Counter(str(step.kind) for step in trace.steps)
    usage = trace.usage
    return {
        "agent": trace.source.agent,
        "model": trace.source.model,
        "format": trace.source.native_format,
        "session": trace.source.session_id,
        "steps": len(trace.steps),
        "kinds": dict(kinds),
        "visibility": dict(sorted(seen.items())),
        "withheld": sum(count for name, count in seen.items() if Visibility(name) in _WITHHELD),
        "completeness": str(trace.capture.completeness),
        "gaps": [
            {"offset": gap.span.offset, "length": gap.span.length, "reason": gap.reason}
            for gap in trace.capture.gaps
        ],
        "redactions": dict(trace.redactions),
        "tokens": {"input": usage.input, "output": usage.output, "reasoning": usage.reasoning},
    }
