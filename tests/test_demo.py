"""The demo, as `make demo` runs it: six stories in a real Airflow, twice."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [pytest.mark.airflow, pytest.mark.dbt, pytest.mark.xdist_group("airflow")]


def run_demo(place: Path) -> subprocess.CompletedProcess:
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "GOVERNANCE"))
    }
    environment["GOVERNANCE_DEMO"] = str(place)
    command = ["timeout", "-k", "5", "280", sys.executable, str(ROOT / "dags/demo")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=place.parent)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    place = tmp_path_factory.mktemp("demo") / "place with spaces"
    first = run_demo(place)
    assert first.returncode == 0, first.stdout[-3000:] + first.stderr[-3000:]
    return place, first


ROWS = [
    ("a  an honest new mart", "pass"),
    ("b  a column goes", "review"),
    ("c  SQL hidden in Jinja", "block"),
    ("d  an answer that deletes", "block"),
    ("d  the corrected answer", "pass"),
    ("e  an open bucket", "block"),
    ("f  a change without a trace", "review"),
]


@pytest.mark.parametrize(("story", "verdict"), ROWS, ids=[row[0][3:] for row in ROWS])
def test_each_story_is_told_with_its_verdict(told, story, verdict):
    _, run = told
    row = next(line for line in run.stdout.splitlines() if line.startswith(story))
    assert f" {verdict} " in row


def test_the_top_findings_name_rule_and_place(told):
    _, run = told
    assert "DBT030 column-removed-in-use at corner_shop/models/marts/orders.sql:18" in run.stdout
    assert "DBT001 sql-while-rendering at corner_shop/models/marts/store_sales.sql:2" in run.stdout
    assert "SQL010 write-in-query at <sql>:1" in run.stdout


def test_the_answer_arrives_as_xcom(told):
    place, _ = told
    with sqlite3.connect(place / "airflow" / "airflow.db") as database:
        wanted = "select value from xcom where task_id = 'corrected_answer' and key = 'return_value'"
        ((value,),) = database.execute(wanted).fetchall()
    outcome = json.loads(value)
    outcome = json.loads(outcome) if isinstance(outcome, str) else outcome
    assert outcome["columns"] == ["region", "net_sales"]
    assert len(outcome["rows"]) >= 2


def test_what_was_blocked_handed_nothing_on(told):
    place, _ = told
    with sqlite3.connect(place / "airflow" / "airflow.db") as database:
        wanted = "select task_id from xcom where key = 'return_value'"
        assert {task for (task,) in database.execute(wanted)} == {
            "honest_mart",
            "merge_honest_mart",
            "corrected_answer",
        }


def test_the_merge_carries_evidence_that_verifies_offline(told):
    place, _ = told
    command = [sys.executable, "-m", "governance.cli", "verify", "--offline"]
    done = subprocess.run(command, cwd=place / "repository", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "proven   corner_shop/models/marts/payment_methods.sql" in done.stdout


def test_a_second_run_works_and_keeps_the_evidence_of_the_first(told):
    place, _ = told
    second = run_demo(place)
    assert second.returncode == 0, second.stdout[-3000:] + second.stderr[-3000:]
    assert "7 decisions of earlier runs are still in the ledger" in second.stdout
