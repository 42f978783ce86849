"""What OpenLineage hears of a decision, written by its own client in a real Airflow."""

import json

import pytest

pytestmark = [pytest.mark.airflow, pytest.mark.xdist_group("airflow")]

ENDED = [  # dag, task, event, verdict, failed tests
    ("agents", "honest", "COMPLETE", "pass", []),
    (
        "agents",
        "blocked",
        "FAIL",
        "block",
        ["SQL010 write-in-query", "SQL401 unbounded-write", "GOV010 trace-missing"],
    ),
    ("agents", "review_held", "COMPLETE", "review", ["GOV010 trace-missing"]),
    ("gates", "sql_blocks", "FAIL", "block", ["SQL403 destroyed-data"]),
    ("functions", "counted", "COMPLETE", "pass", []),
    ("functions", "out_of_scope", "FAIL", "block", ["SQL201 table-not-allowed"]),
    ("configured", "named_policy", "FAIL", "block", ["SQL403 destroyed-data"]),
]


def last(story, dag, name):
    return next(event for event in story.events(dag, name) if event["eventType"] in ("COMPLETE", "FAIL"))


@pytest.mark.parametrize(
    ("dag", "name", "kind", "verdict", "failed"), ENDED, ids=[f"{c[0]}-{c[1]}" for c in ENDED]
)
def test_the_decision_is_a_facet_and_findings_are_failed_tests(story, dag, name, kind, verdict, failed):
    event = last(story, dag, name)
    facets = event["run"]["facets"]
    assert event["eventType"] == kind
    assert facets["agentGate_decision"]["verdict"] == verdict
    assert facets["agentGate_decision"]["decisionId"] == story.task(dag, name).xcom["governance_decision"]
    tests = facets["test"]["tests"]
    assert [test["name"] for test in tests if test["status"] == "fail"] == failed
    assert all(test["severity"] == "error" for test in tests if test["status"] == "fail")


@pytest.mark.parametrize("name", ["blocked", "review_fails"])
def test_what_was_refused_has_no_outputs(story, name):
    assert last(story, "agents", name)["outputs"] == []


def test_facets_are_not_masked_and_lead_to_the_record(story):
    entry = story.entry("agents", "blocked")
    facet = last(story, "agents", "blocked")["run"]["facets"]["agentGate_decision"]
    assert facet["logPosition"] == entry.position
    assert facet["severities"] == {"critical": 2, "medium": 1}
    assert facet["artifacts"] == 1
    assert "***" not in json.dumps(facet)


def test_no_reasoning_leaves_in_events(story):
    events = (story.place / "events.jsonl").read_text()
    for thought in ("so I write one", "orders has all that is asked for"):
        assert thought not in events


def test_a_task_without_a_decision_reports_none(story):
    facets = last(story, "agents", "broken_policy")["run"]["facets"]
    assert "agentGate_decision" not in facets


def test_reporting_that_fails_does_not_fail_the_task(caplog):
    from governance.airflow.lineage import DecisionFacets

    assert DecisionFacets().get_openlineage_facets_on_failure(object()) is None
    assert "was not reported" in caplog.text
