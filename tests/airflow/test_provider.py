"""What Airflow knows of the provider, and whether its settings are heard."""

import json
import subprocess
import sys

import pytest

from governance.airflow import get_provider_info
from governance.airflow.work import told
from governance.errors import InvalidInput, LedgerUnavailable

pytestmark = [pytest.mark.airflow, pytest.mark.xdist_group("airflow")]

ASK = """
import json
from airflow.providers_manager import ProvidersManager
from airflow.configuration import conf
from airflow.sdk import task
manager = ProvidersManager()
manager.initialize_providers_configuration()
print("ANSWER" + json.dumps({
    "provider": "airflow-governance" in manager.providers,
    "decorators": [d.name for d in manager.taskflow_decorators] if hasattr(next(iter(manager.taskflow_decorators), ""), "name") else list(manager.taskflow_decorators),
    "hook": manager.hooks["governance"].hook_class_name,
    "links": manager.extra_links_class_names,
    "option": conf.get("governance", "ledger_url"),
    "decorated": task.governed.__name__,
}))
"""


@pytest.fixture(scope="module")
def known(airflow_environment):
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=airflow_environment, capture_output=True, text=True, timeout=120
    )
    assert "ANSWER" in done.stdout, done.stderr[-3000:]
    return json.loads(done.stdout.split("ANSWER", 1)[1].splitlines()[0])


def test_airflow_knows_the_provider(known):
    assert known["provider"]
    assert "governed" in known["decorators"]
    assert known["hook"] == "governance.airflow.hook.GovernanceHook"
    assert "governance.airflow.link.DecisionLink" in known["links"]
    assert known["option"] == ""
    assert known["decorated"] == "governed_task"


def test_the_provider_fits_airflows_own_schema():
    from pathlib import Path

    import airflow
    from jsonschema import validate

    schema = json.loads((Path(airflow.__file__).parent / "provider_info.schema.json").read_text())
    validate(get_provider_info(), schema)


def test_the_configured_ledger_and_policy_are_used(story):
    from governance.ledger.store import Ledger

    ledger = Ledger.open(f"sqlite:///{story.place / 'configured.db'}", str(story.place / "configured-bodies"))
    assert {e.task_id: e.verdict for e in ledger.every_entry()} == {
        "configured_policy": "review",
        "named_policy": "block",
    }
    assert (story.place / "configured-bodies").is_dir()


@pytest.mark.parametrize(
    ("error", "again"), [(LedgerUnavailable("away"), True), (InvalidInput("wrong"), False)]
)
def test_only_a_ledger_that_is_away_is_worth_another_try(error, again):
    from airflow.sdk.exceptions import AirflowException, AirflowFailException

    with pytest.raises(AirflowException) as caught, told():
        raise error
    assert isinstance(caught.value, AirflowFailException) is not again


def test_the_hook_opens_the_ledger_of_its_connection(tmp_path, monkeypatch):
    from governance.airflow.hook import GovernanceHook

    extra = {"ledger_url": f"sqlite:///{tmp_path}/team.db"}
    monkeypatch.setenv("AIRFLOW_CONN_TEAM", json.dumps({"conn_type": "governance", "extra": extra}))
    assert GovernanceHook("team").test_connection() == (True, "0 decisions")
    assert (tmp_path / "team.db").exists()


def test_the_hook_says_why_a_ledger_cannot_be_opened(monkeypatch):
    from governance.airflow.hook import GovernanceHook

    extra = {"ledger_url": "nonsense://x"}
    monkeypatch.setenv("AIRFLOW_CONN_TEAM", json.dumps({"conn_type": "governance", "extra": extra}))
    works, why = GovernanceHook("team").test_connection()
    assert not works
    assert "Use sqlite:///FILE or postgresql://" in why


@pytest.mark.parametrize("operator", ["GovernedAgentOperator", "GateOperator"])
def test_a_misspelt_word_for_reviews_is_refused_when_the_dag_is_parsed(operator):
    import governance.airflow

    given = {"agent": None, "repo": "r"} if operator == "GovernedAgentOperator" else {"sql": "select 1"}
    with pytest.raises(ValueError, match="use 'fail' or 'hold'"):
        getattr(governance.airflow, operator)(task_id="t", on_review="pass", **given)
