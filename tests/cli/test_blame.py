"""Blame: each line of a file names the decision, the step and the thought behind it, across decisions."""

import json

import pytest

from governance.transcripts import to_atif
from governance.transcripts.story import session
from tests.cli.conftest import PASS, QUERY, refused

SECOND = """
user: Order the daily counts.
think: The newest day is asked for first.
edit queries/daily.sql: group by day => group by day\\norder by day desc
say: The days are ordered now.
"""


@pytest.fixture
def judged(governance, signing, tmp_path):
    """Records a session's change to the query; returns the decision's id."""

    def judge(story: str, content: str) -> str:
        file = tmp_path / "told.json"
        file.write_text(json.dumps(to_atif(session(story))))
        base = signing.run("rev-parse", "HEAD")
        signing.write("queries/daily.sql", content)
        signing.commit()
        ran = governance("check", "--base", base, "--trace", file, "--record")
        assert ran.status == PASS, ran.out
        return ran.err.removeprefix("recorded as ").strip()

    return judge


def test_lines_are_followed_through_the_decisions_that_brought_them(governance, judged, signing):
    signing.write("queries/daily.sql", "-- daily counts\n")
    signing.commit()
    first = judged(
        "user: Count.\nthink: A group by will do.\nedit queries/daily.sql: daily counts => daily counts\\nselect day,"
        " count(*) as orders\\nfrom orders\\ngroup by day",
        "-- daily counts\nselect day, count(*) as orders\nfrom orders\ngroup by day\n",
    )
    second = judged(
        SECOND,
        "-- daily counts\nselect day, count(*) as orders\nfrom orders\ngroup by day\norder by day desc\n",
    )
    lines = governance("blame", "queries/daily.sql", "--json").json
    assert [(line["line"], line["decision"]) for line in lines] == [
        (1, ""),
        (2, first),
        (3, first),
        (4, first),
        (5, second),
    ]
    assert [thought["text"] for thought in lines[4]["why"]] == ["The newest day is asked for first."]
    shown = governance("blame", "queries/daily.sql").out.splitlines()
    assert shown[:2] == ["older than the ledger", "  1  -- daily counts"]
    assert shown[2] == f"{first[:8]}  step 4 of example: A group by will do."
    assert shown[-2:] == [
        f"{second[:8]}  step 4 of example: The newest day is asked for first.",
        "  5  order by day desc",
    ]


def test_a_file_that_changed_since_is_not_guessed_at(governance, judged, signing):
    judged("user: Count.\nwrite queries/daily.sql: " + QUERY, QUERY)
    signing.write("queries/daily.sql", QUERY + "\nlimit 5\n")
    refused(
        governance("blame", "queries/daily.sql"), "queries/daily.sql", "as it is now", "governance log --text"
    )


def test_a_file_that_is_not_there(governance, judged):
    judged("user: Count.\nwrite queries/daily.sql: " + QUERY, QUERY)
    refused(governance("blame", "queries/none.sql"), "queries/none.sql", "cannot be read")
