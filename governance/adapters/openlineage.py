"""A decision as OpenLineage run facets: the standard `test` facet, and `agentGate_decision`.

They hold no text of the agent: neither its reasoning nor the code that it wrote.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

import attr
from openlineage.client.facet_v2 import RunFacet, test_run

from governance.wire import canonical

FACET = "agentGate_decision"


@attr.define
class DecisionRunFacet(RunFacet):
    """What the gate decided of a change, and how to find the signed record of it."""

    verdict: str
    decisionId: str
    policyDigest: str
    envelopeDigest: str
    logPosition: int
    artifacts: int
    severities: dict[str, int]
    waived: int

    @staticmethod
    def _get_schema() -> str:
        return "urn:airflow-governance:openlineage:agentGate_decision:v1"


def decision_facets(
    decision_id: str, position: int, envelope: Mapping[str, Any], statement: Mapping[str, Any]
) -> dict[str, RunFacet]:
    """The run facets of one decision, from its signed statement."""
    predicate = statement["predicate"]
    findings = predicate["findings"]
    decided = DecisionRunFacet(
        verdict=predicate["verdict"],
        decisionId=decision_id,
        policyDigest=predicate["policy"]["digest"]["sha256"],
        envelopeDigest=hashlib.sha256(canonical(envelope)).hexdigest(),
        logPosition=position,
        artifacts=len(statement["subject"]),
        severities=dict(Counter(finding["severity"] for finding in findings)),
        waived=sum("waiver" in finding for finding in findings),
    )
    return {FACET: decided, "test": test_run.TestRunFacet(tests=_tests(predicate))}


def _tests(predicate: Mapping[str, Any]) -> list[test_run.TestExecution]:
    """One failed test for each finding; one passed test for each check that found nothing."""
    failed = [_failed(finding) for finding in predicate["findings"]]
    checks = [check["name"] for check in predicate["checks"]]
    passed = [test_run.TestExecution(name=name, status="pass", type="check") for name in checks]
    return failed or passed


def _failed(finding: Mapping[str, Any]) -> test_run.TestExecution:
    held = finding["verdict"] != "pass"
    return test_run.TestExecution(
        name=f"{finding['code']} {finding['name']}",
        status="fail",
        severity="error" if held else "warn",
        type=finding.get("category") or "rule",
        params={"path": finding.get("location", {}).get("path", ""), "fingerprint": finding["fingerprint"]},
    )
