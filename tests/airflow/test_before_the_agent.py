"""What would make the work worthless is found before an agent is started and paid."""

from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException

from governance.airflow.governed_function import govern_function
from governance.airflow.work import govern_agent
from tests.conftest import Workshop


@pytest.fixture(autouse=True)
def no_key(tmp_path, monkeypatch):
    monkeypatch.setenv("GOVERNANCE_KEY", str(tmp_path / "nowhere.pem"))


def started(*_):
    raise AssertionError("the agent was started")


def test_without_a_key_no_agent_is_started(workshop: Workshop):
    workshop.commit("base")
    agent = SimpleNamespace(run=started)
    operator = SimpleNamespace(agent=agent, repo=str(workshop.root), base="main", task="Join.", policy="")
    with pytest.raises(AirflowFailException, match="no signing key at"):
        govern_agent(operator, {})


def test_without_a_key_no_governed_function_is_called():
    given = {"policy": "", "dialect": "duckdb", "profile": "", "tables": None, "task_id": "answer"}
    operator = SimpleNamespace(python_callable=started, op_args=(), op_kwargs={}, **given)
    with pytest.raises(AirflowFailException, match="no signing key at"):
        govern_function(operator, {})
