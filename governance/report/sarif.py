"""Decisions as SARIF 2.1.0, which code hosts show on the lines of a diff."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from governance.changeset import ChangeSet
from governance.decision import Decision, Judgement
from governance.finding import Location, Verdict
from governance.wire import plain

_LEVELS = {Verdict.PASS: "note", Verdict.REVIEW: "warning", Verdict.BLOCK: "error"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(decision: Decision, changeset: ChangeSet) -> str:
    """The SARIF log as text."""
    return json.dumps(document(decision), indent=2) + "\n"


def document(decision: Decision) -> dict[str, Any]:
    """The SARIF log as data: one run, one result for each finding."""
    rules = {j.finding.code: _rule(j) for j in decision.judgements}
    driver = {"name": "airflow-governance", "rules": [rules[code] for code in sorted(rules)]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(judgement, sorted(rules)) for judgement in decision.judgements],
        "properties": {"verdict": str(decision.verdict), "policy": decision.policy_digest},
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(judgement: Judgement) -> dict[str, Any]:
    found = judgement.finding
    return {"id": found.code, "name": found.name, "help": {"text": found.remedy or found.name}}


def _result(judgement: Judgement, codes: list[str]) -> dict[str, Any]:
    found = judgement.finding
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": codes.index(found.code),
        "level": _LEVELS[judgement.verdict],
        "message": {"text": plain(f"{found.message} {found.remedy}".strip())},
        "partialFingerprints": {"governance/v1": found.fingerprint},
        "properties": {"severity": str(judgement.severity)},
    }
    if found.location.path:
        result["locations"] = [_location(found.location)]
    if found.location.step is not None:
        result["properties"]["step"] = found.location.step
    related = [_location(place) for place in found.related if place.path]
    if related:
        result["relatedLocations"] = related
    if judgement.waiver:
        result["suppressions"] = [{"kind": "external", "justification": judgement.waiver.reason}]
    return result


def _location(place: Location) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(str(plain(place.path)))}}
    if place.start:
        physical["region"] = {"startLine": place.start.line, "startColumn": place.start.column}
        if place.end:
            physical["region"] |= {"endLine": place.end.line, "endColumn": place.end.column}
    return {"physicalLocation": physical}
