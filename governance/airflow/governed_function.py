"""What `@task.governed` does when its task runs."""

import logging
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from governance.airflow.settings import gate, loose_policy
from governance.airflow.work import loose_artifacts, outcome_of, run_identity, texts, told
from governance.changeset import ChangeSet, Origin
from governance.policy import Policy
from governance.recording import Run, run
from governance.trace import StepKind, Trace

if TYPE_CHECKING:
    from airflow.sdk import Context

    from governance.airflow.decorator import GovernedDecoratedOperator

_MOST_ROWS = 1000


def govern_function(operator: "GovernedDecoratedOperator", context: "Context") -> dict[str, Any]:
    """Call, judge, record, and execute what passed."""
    policy = _policy(operator)
    made, recording = _call(operator, context)
    sql, files = _read(made)
    artifacts = loose_artifacts(sql, operator.dialect, files)
    with told():
        changeset = ChangeSet(artifacts, _trace(recording), origin=Origin(run=run_identity(context)))
        outcome = outcome_of(gate(policy).decide(changeset), changeset, operator.on_review, context)
        if sql and operator.execute_on and outcome["verdict"] == "pass":
            return {
                **outcome,
                **execute_sql(sql, operator.execute_on, reads_only=policy.sql.profile == "read"),
            }
    return {**outcome, "sql": sql} if sql else {**outcome, "files": dict(files)}


def _call(operator: "GovernedDecoratedOperator", context: "Context") -> tuple[Any, Run]:
    from airflow.sdk.bases.decorator import determine_kwargs

    keywords = determine_kwargs(operator.python_callable, operator.op_args, {**context, **operator.op_kwargs})
    asked = (operator.python_callable.__doc__ or operator.task_id).strip()
    with run(task=asked, agent=operator.python_callable.__name__) as recording:
        made = operator.python_callable(*operator.op_args, **keywords)
    return made, recording


def _read(made: Any) -> tuple[str, Mapping[str, str]]:
    sql, files = texts(made)
    if not sql.strip() and not files:
        raise AirflowFailException("the governed function returned nothing to judge")
    return sql, files


def _trace(recording: Run) -> Trace | None:
    """The run, if the function recorded anything in it beside the task itself."""
    trace = recording.trace
    return trace if any(step.kind is not StepKind.PROMPT for step in trace.steps) else None


def _policy(operator: "GovernedDecoratedOperator") -> Policy:
    with told():
        policy = loose_policy(operator.policy)
        gate(policy).ready()
    sql = policy.sql
    sql = replace(sql, dialect=operator.dialect or sql.dialect, profile=operator.profile or sql.profile)
    if operator.tables is not None:
        sql = replace(sql, tables=tuple(operator.tables))
    return replace(policy, sql=sql)


def execute_sql(sql: str, place: str, *, reads_only: bool) -> dict[str, Any]:
    """Run SQL that passed; columns and the first 1,000 rows, as JSON can carry them.

    `truncated` says that there were more.
    """
    if place.startswith("duckdb:///"):
        import duckdb

        with duckdb.connect(place.removeprefix("duckdb:///"), read_only=reads_only) as connection:
            cursor = connection.execute(sql)
            columns = [column[0] for column in cursor.description or ()]
            rows = cursor.fetchmany(_MOST_ROWS + 1)
    else:
        from airflow.sdk import BaseHook

        hook: Any = BaseHook.get_connection(place).get_hook()  # type: ignore[no-untyped-call]
        columns, rows = hook.run(sql, handler=_fetch)
    kept = [[_json(value) for value in row] for row in rows[:_MOST_ROWS]]
    counted = f"{len(kept)} row{'' if len(kept) == 1 else 's'}"
    logging.getLogger(__name__).info("executed on %s: %s", place.split(":///")[0], counted)
    return {"columns": columns, "rows": kept, "truncated": len(rows) > len(kept)}


def _fetch(cursor: Any) -> tuple[list[str], list[Any]]:
    return [column[0] for column in cursor.description or ()], list(cursor.fetchmany(_MOST_ROWS + 1))


def _json(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
