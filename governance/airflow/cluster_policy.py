"""A cluster policy that refuses DAGs in which what an agent made can go around the gate.

In `airflow_local_settings.py`:

    from governance.airflow.cluster_policy import refuse_ungated

    def dag_policy(dag):
        refuse_ungated(dag)
"""

from collections.abc import Collection
from typing import Any

AGENTS = frozenset(
    {
        "AgentOperator",
        "LLMOperator",
        "LLMBatchOperator",
        "LLMSQLQueryOperator",
        "LLMFileAnalysisOperator",
        "LLMSchemaCompareOperator",
    }
)
GATES = frozenset({"GateOperator", "MergeOperator", "GovernedAgentOperator", "GovernedDecoratedOperator"})
HARMLESS = frozenset({"EmptyOperator", "LLMBranchOperator"})


def refuse_ungated(
    dag: Any,
    *,
    agents: Collection[str] = AGENTS,
    gates: Collection[str] = GATES,
    harmless: Collection[str] = HARMLESS,
) -> None:
    """Raise AirflowClusterPolicyViolation if what an agent task made can miss the gate.

    Every way downstream from an agent task must lead through a gate; an agent task at the end of a
    DAG, or beside its gate instead of before it, is refused. Operators are known by the names of
    their classes and of the classes that they inherit from, so a subclass of an agent is an agent.
    Teardown tasks and `harmless` operators may end a way.
    """
    open_ways = [
        f"{task.task_id} → {last}" if last != task.task_id else task.task_id
        for task in dag.tasks
        if _is(task, agents) and not _is(task, harmless)
        for last in _ungated(dag, task, gates, harmless)
    ]
    if open_ways:
        from airflow.exceptions import AirflowClusterPolicyViolation

        raise AirflowClusterPolicyViolation(
            f"DAG {dag.dag_id}: what an agent makes would not pass the gate: {', '.join(open_ways)}. "
            "Put a GateOperator behind the agent, or use GovernedAgentOperator instead of it."
        )


def _ungated(dag: Any, agent: Any, gates: Collection[str], harmless: Collection[str]) -> list[str]:
    """The tasks at which a way from the agent ends without having met a gate."""
    seen: set[str] = set()
    waiting, ends, gated = [agent.task_id], [], False
    while waiting:
        name = waiting.pop()
        task = dag.get_task(name)
        if name in seen or getattr(task, "is_teardown", False):
            continue
        seen.add(name)
        if _is(task, gates):
            gated = True
        elif task.downstream_task_ids:
            waiting.extend(task.downstream_task_ids)
        elif not _is(task, harmless):
            ends.append(name)
    return sorted(ends) if gated or ends else [agent.task_id]


def _is(task: Any, names: Collection[str]) -> bool:
    """Whether the task's operator, or what it inherits from, has one of the names."""
    kind = getattr(task, "operator_class", type(task))  # a mapped task holds its operator's class
    mro = getattr(kind, "__mro__", ())
    return any(base.__name__ in names for base in mro) or getattr(task, "task_type", "") in names
