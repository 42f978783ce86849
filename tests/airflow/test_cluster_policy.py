"""The cluster policy: what an agent makes cannot go around the gate."""

import pytest
from airflow.exceptions import AirflowClusterPolicyViolation
from airflow.providers.common.ai.operators.agent import AgentOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task

from governance.airflow import GateOperator, MergeOperator
from governance.airflow.cluster_policy import refuse_ungated

pytestmark = [pytest.mark.airflow, pytest.mark.xdist_group("airflow")]


class OurAgent(AgentOperator):
    """A team's own agent operator."""


class OurGate(GateOperator):
    """A team's own gate."""


def agent(kind=AgentOperator, name="agent", **options):
    return kind(task_id=name, prompt="p", llm_conn_id="c", **options)


def gate(kind=GateOperator):
    return kind(task_id="gate", sql="select 1", dialect="duckdb")


@task
def publish():
    return None


def nothing_made():
    publish()


def gated():
    agent() >> gate() >> publish()


def gated_later():
    agent() >> publish() >> gate()


def merged():
    agent() >> MergeOperator(task_id="merge", outcome={}, repo="r")


def gated_by_a_subclass():
    agent(OurAgent) >> gate(OurGate) >> publish()


def governed_itself():
    @task.governed(dialect="duckdb")
    def ask():
        return "select 1"

    agent() >> ask()


def harmless_end():
    made = agent()
    made >> gate()
    made >> EmptyOperator(task_id="end")


def teardown_end():
    made = agent()
    made >> gate()
    made >> publish().as_teardown()


FINE = [
    nothing_made,
    gated,
    gated_later,
    merged,
    gated_by_a_subclass,
    governed_itself,
    harmless_end,
    teardown_end,
]


@pytest.mark.parametrize("build", FINE, ids=lambda build: build.__name__)
def test_gated_dags_are_let_in(build):
    with DAG("d", schedule=None) as dag:
        build()
    refuse_ungated(dag)


def alone():
    agent()


def straight_to_publishing():
    agent() >> publish()


def gate_beside():
    made = agent()
    made >> gate()
    made >> publish()


def gate_before():
    gate() >> agent() >> publish()


def a_subclass_without():
    agent(OurAgent) >> publish()


def decorated_without():
    @task.agent(llm_conn_id="c")
    def ask():
        return "p"

    ask() >> publish()


def mapped_without():
    OurAgent.partial(task_id="agent", llm_conn_id="c").expand(prompt=["a", "b"]) >> publish()


def only_a_harmless_end():
    agent() >> EmptyOperator(task_id="end")


def one_of_two_ways_is_open():
    made = agent()
    made >> publish() >> gate()
    made >> EmptyOperator(task_id="middle") >> publish.override(task_id="other")()


REFUSED = [
    (alone, "agent"),
    (straight_to_publishing, "agent → publish"),
    (gate_beside, "agent → publish"),
    (gate_before, "agent → publish"),
    (a_subclass_without, "agent → publish"),
    (decorated_without, "ask → publish"),
    (mapped_without, "agent → publish"),
    (only_a_harmless_end, "agent"),
    (one_of_two_ways_is_open, "agent → other"),
]


@pytest.mark.parametrize(("build", "way"), REFUSED, ids=[build.__name__ for build, _ in REFUSED])
def test_dags_with_a_way_around_the_gate_are_refused(build, way):
    with DAG("d", schedule=None) as dag:
        build()
    with pytest.raises(AirflowClusterPolicyViolation, match=f"would not pass the gate: {way}\\. Put"):
        refuse_ungated(dag)


def test_a_team_names_its_own_agents_and_gates():
    with DAG("d", schedule=None) as dag:
        publish()
    with pytest.raises(AirflowClusterPolicyViolation, match="publish"):
        refuse_ungated(dag, agents={"_PythonDecoratedOperator"})
    refuse_ungated(dag, agents={"_PythonDecoratedOperator"}, gates={"_PythonDecoratedOperator"})
