"""Decisions as one JSON document, for other programs."""

from __future__ import annotations

import json
from typing import Any

from governance.changeset import ChangeSet
from governance.decision import Decision, Judgement
from governance.wire import plain


def render(decision: Decision, changeset: ChangeSet) -> str:
    """The document as text."""
    return json.dumps(document(decision, changeset), indent=2) + "\n"


def document(decision: Decision, changeset: ChangeSet) -> dict[str, Any]:
    """The document as data: verdict, findings gravest first, checks that ran, artifacts."""
    return {
        "verdict": str(decision.verdict),
        "decided_at": decision.decided_at,
        "policy": decision.policy_digest,
        "findings": [finding(judgement) for judgement in decision.judgements],
        "checks": [
            {"name": r.check, "seconds": r.seconds, "findings": len(r.findings), "tools": plain(r.tools)}
            for r in decision.reports
        ],
        "artifacts": [
            {"path": plain(a.path), "kind": str(a.kind), "change": str(a.change), "sha256": a.sha256}
            for a in changeset.artifacts
        ],
    }


def finding(judgement: Judgement) -> dict[str, Any]:
    """One finding as data."""
    found = judgement.finding
    start = found.location.start
    return {
        "code": found.code,
        "name": found.name,
        "severity": str(judgement.severity),
        "verdict": str(judgement.verdict),
        "message": plain(found.message),
        "path": plain(found.location.path),
        "line": start.line if start else None,
        "column": start.column if start else None,
        "step": found.location.step,
        "related": plain(found.related),
        "quote": plain(found.quote),
        "remedy": found.remedy,
        "allow": found.allow,
        "category": found.category,
        "fingerprint": found.fingerprint,
        "waiver": plain(judgement.waiver) if judgement.waiver else None,
    }
