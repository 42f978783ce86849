"""A DAG file that uses everything costs nothing of ours beyond the operators themselves."""

import json
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.airflow, pytest.mark.xdist_group("airflow")]

PROBE = """
import json, sys
import airflow.sdk
from airflow.sdk import DAG, BaseOperator, BaseHook, BaseOperatorLink, task
from airflow.sdk.bases.decorator import DecoratedOperator

def answer():
    return "select 1"

with DAG("plain", schedule=None):
    task(answer)() >> BaseOperator(task_id="last")
before = set(sys.modules)
from governance.airflow import (
    CommandAgent, GateOperator, GovernedAgentOperator, MergeOperator, PydanticAgent, PydanticConnection,
    RecordedSession,
)
from governance.airflow.cluster_policy import refuse_ungated
from governance.airflow.decorator import governed_task

with DAG("everything", schedule=None) as dag:
    for agent in (CommandAgent(["true"]), PydanticAgent("a:b"), PydanticConnection("c", "i"), RecordedSession("s")):
        made = GovernedAgentOperator(task_id=type(agent).__name__, agent=agent, repo="r")
    MergeOperator(task_id="merge", outcome=made.output, repo="r")
    GateOperator(task_id="gate", sql="select 1", dialect="duckdb")
    governed_task(dialect="duckdb")(answer)()
    made >> dag.get_task("gate")
refuse_ungated(dag)
print("ANSWER" + json.dumps(sorted(set(sys.modules) - before)))
"""

ALLOWED = ("governance.errors", "governance.airflow.", "governance.adapters.agents.")


@pytest.fixture(scope="module")
def loaded(airflow_environment):
    done = subprocess.run(
        [sys.executable, "-c", PROBE], env=airflow_environment, capture_output=True, text=True, timeout=120
    )
    assert "ANSWER" in done.stdout, done.stderr[-3000:]
    return json.loads(done.stdout.split("ANSWER", 1)[1])


def test_of_ours_only_the_operators_are_imported(loaded):
    ours = {name for name in loaded if name.split(".")[0] == "governance"}
    packages = {"governance", "governance.airflow", "governance.adapters", "governance.adapters.agents"}
    heavy = {name for name in ours - packages if not name.startswith(ALLOWED)}
    assert heavy == set()
    work = {"work", "merging", "governed_function", "reporting", "settings"}
    assert ours.isdisjoint({f"governance.airflow.{name}" for name in work})


def test_nothing_of_others_is_imported_because_of_us(loaded):
    libraries = {name.split(".")[0] for name in loaded} - {"governance"}
    assert libraries <= set(sys.stdlib_module_names) | {"airflow"}
