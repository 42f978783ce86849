"""`@task.governed` in a real Airflow: SQL runs only after it passed, and everything else fails."""

import json

import duckdb
import pytest

from governance.airflow.governed_function import execute_sql

pytestmark = [pytest.mark.airflow, pytest.mark.xdist_group("airflow")]

VERDICTS = [  # task, state, verdict, findings
    ("counted", "success", "pass", []),
    ("wiped", "failed", "block", [("SQL010", "<sql>"), ("SQL401", "<sql>")]),
    ("out_of_scope", "failed", "block", [("SQL201", "<sql>")]),
    ("bounded_write", "success", "pass", []),
    ("many_rows", "success", "pass", []),
    ("files", "success", "pass", []),
    ("no_trace", "failed", "review", [("GOV010", "")]),
    ("held_sql", "success", "review", [("GOV010", "")]),
]


@pytest.mark.parametrize(("name", "state", "verdict", "findings"), VERDICTS, ids=[c[0] for c in VERDICTS])
def test_what_a_function_returns_is_judged(story, name, state, verdict, findings):
    assert (story.task("functions", name).state, story.task("functions", name).tries) == (state, 1)
    assert story.entry("functions", name).verdict == verdict
    assert story.findings("functions", name) == findings


def test_sql_that_passed_is_executed_and_its_rows_arrive(story):
    outcome = story.task("functions", "shown_counted").xcom["return_value"]
    assert (outcome["columns"], outcome["rows"], outcome["truncated"]) == (["orders"], [[3]], False)


def test_sql_that_was_blocked_is_not_executed(story):
    with duckdb.connect(str(story.place / "warehouse.duckdb"), read_only=True) as warehouse:
        assert warehouse.execute("select count(*) from orders").fetchall() == [(3,)]
        assert warehouse.execute("select id from scratch order by id").fetchall() == [(0,), (2,)]


def test_rows_are_bounded_and_plain(story):
    outcome = story.task("functions", "many_rows").xcom["return_value"]
    assert len(outcome["rows"]) == 1000
    assert outcome["truncated"] is True
    assert outcome["rows"][:2] == [[0, "nan", "2026-01-01"], [1, "inf", "2026-01-01"]]


def test_files_come_back_with_the_outcome(story):
    assert story.task("functions", "files").xcom["return_value"]["files"] == {
        "reports/one.sql": "select 1 as a\n"
    }


def test_what_needs_review_is_held_but_not_executed(story):
    outcome = story.task("functions", "held_sql").xcom["return_value"]
    assert outcome["sql"] == "select 1 as a"
    assert "rows" not in outcome


def test_a_pydantic_ai_result_becomes_the_trace(story):
    trace = story.ledger.trace(story.entry("functions", "counted")).trace
    assert trace.task == "How many orders are there?"
    assert [s.reasoning.text for s in trace.steps if s.reasoning] == ["orders has all that is asked for"]


def test_each_mapped_call_is_judged(story):
    for index in (0, 1):
        outcome = story.task("functions", f"each[{index}]").xcom["return_value"]
        assert outcome["sql"] == f"select id from orders limit {index + 1}"
        assert outcome["decision"] == story.entry("functions", "each", index).decision_id


@pytest.mark.parametrize(
    ("name", "tries", "message"),
    [
        ("number", 1, "the gate judges SQL (text) or files (path to text), not int"),
        ("nothing", 1, "the governed function returned nothing to judge"),
        ("raising", 4, "RuntimeError: the model is away"),
    ],
)
def test_a_function_that_makes_nothing_fails_without_a_decision(story, name, tries, message):
    task = story.task("functions", name)
    assert (task.state, task.tries) == ("failed", tries)
    assert "governance_decision" not in task.xcom
    assert message in story.log_of("functions", name)


def test_a_missing_connection_fails_after_the_decision_was_recorded(story):
    assert story.task("functions", "no_connection").state == "failed"
    assert story.entry("functions", "no_connection").verdict == "pass"


def test_reading_sql_cannot_write_even_if_it_tries(tmp_path):
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as warehouse:
        warehouse.execute("create table orders as select 1 as id")
    with pytest.raises(duckdb.InvalidInputException, match="read-only"):
        execute_sql("delete from orders", f"duckdb:///{file}", reads_only=True)


def test_rows_are_json(tmp_path):
    made = execute_sql(
        "select 1.5::decimal(4, 2), [1], 'a', null", f"duckdb:///{tmp_path}/w.duckdb", reads_only=False
    )
    assert json.loads(json.dumps(made))["rows"] == [["1.50", "[1]", "a", None]]
