"""Airflow's face: operators, a task decorator, and what the provider tells Airflow about itself.

A DAG file that uses these imports only the standard library and `airflow.sdk`; the gate itself is
imported when a task runs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from governance.adapters.agents import CommandAgent, PydanticAgent, PydanticConnection, RecordedSession
    from governance.airflow.operators import GateOperator, GovernedAgentOperator, MergeOperator
    from governance.airflow.provider import get_provider_info

__all__ = [
    "CommandAgent",
    "GateOperator",
    "GovernedAgentOperator",
    "MergeOperator",
    "PydanticAgent",
    "PydanticConnection",
    "RecordedSession",
    "get_provider_info",
]

_HOMES = {
    "CommandAgent": "governance.adapters.agents",
    "GateOperator": "governance.airflow.operators",
    "GovernedAgentOperator": "governance.airflow.operators",
    "MergeOperator": "governance.airflow.operators",
    "PydanticAgent": "governance.adapters.agents",
    "PydanticConnection": "governance.adapters.agents",
    "RecordedSession": "governance.adapters.agents",
    "get_provider_info": "governance.airflow.provider",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'governance.airflow' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
