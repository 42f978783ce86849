"""Whole runs of an agent end as they were recorded to end: verdict, rules, places and words."""

import pytest

from tests.runs.tell import ROOM, STORIES, told

DBT = {"honest_mart", "removed_column"}
CASES = [pytest.param(story, marks=[pytest.mark.dbt] if story in DBT else [], id=story) for story in STORIES]
VERDICTS = {
    "honest_mart": "pass",
    "removed_column": "review",
    "hidden_statement": "block",
    "out_of_scope": "block",
    "corrected_answer": "pass",
    "open_bucket": "block",
    "no_trace": "review",
    "secret_sent": "block",
    "open_policy": "block",
}


@pytest.mark.parametrize("story", CASES)
def test_a_story_is_judged_as_recorded(story, tmp_path):
    expected = (ROOM / story / "expected.txt").read_text()
    assert told(story, tmp_path) == expected, "if the change is meant: `make golden`, and read the diff"


def test_what_is_recorded_ends_in_the_verdict_that_was_meant():
    """So that nobody regenerates a story into another verdict unseen."""
    ends = {story: (ROOM / story / "expected.txt").read_text().splitlines()[-1] for story in STORIES}
    assert {story: end.partition(":")[0] for story, end in ends.items()} == VERDICTS
