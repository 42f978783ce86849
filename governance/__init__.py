"""A gate between coding agents and a data platform.

    from governance import check_sql

    report = check_sql("delete from orders", dialect="postgres", profile="write")
    report.verdict           # Verdict.BLOCK
    report.findings[0].message

Names are imported when they are first used, so that a DAG file pays for none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from governance.artifact import Artifact
    from governance.changeset import ChangeSet
    from governance.finding import Finding, Severity, Verdict
    from governance.gate import Report, check_sql
    from governance.govern import Gate, Record
    from governance.policy import Policy
    from governance.recording import current_run, run
    from governance.trace import Trace

__version__ = "0.1.0"
__all__ = [
    "Artifact",
    "ChangeSet",
    "Finding",
    "Gate",
    "Policy",
    "Record",
    "Report",
    "Severity",
    "Trace",
    "Verdict",
    "check_sql",
    "current_run",
    "run",
]

_HOMES = {
    "Artifact": "artifact",
    "ChangeSet": "changeset",
    "Finding": "finding",
    "Gate": "govern",
    "Policy": "policy",
    "Record": "govern",
    "Report": "gate",
    "Severity": "finding",
    "Trace": "trace",
    "Verdict": "finding",
    "check_sql": "gate",
    "current_run": "recording",
    "run": "recording",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'governance' has no attribute {name!r}")
    return getattr(import_module(f"governance.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
