"""Replay: one line in, one verdict out, in order, and a broken line is a block and no crash."""

import itertools
import json
import os
import signal

import pytest

from governance.errors import InvalidInput
from governance.finding import Finding, Severity, Verdict
from governance.replay import MAX_LINE, replay
from governance.syntax.sql import SqlContext


def strict(findings: list[Finding]) -> Verdict:
    """Block on anything above low, as the simplest policy would."""
    return Verdict.BLOCK if any(f.severity > Severity.LOW for f in findings) else Verdict.PASS


def run(*lines: str | bytes) -> list[dict[str, object]]:
    """The judgements of some lines, in DuckDB's dialect where a line names none."""
    return list(replay(lines, SqlContext("duckdb"), strict))


def test_one_line_in_one_out_in_order() -> None:
    lines = [json.dumps({"id": f"q{n}", "sql": f"select {n}"}) for n in range(5)]
    assert [(r["id"], r["verdict"]) for r in run(*lines)] == [(f"q{n}", "pass") for n in range(5)]


def test_a_line_without_id_is_named_by_its_number_and_blank_lines_count() -> None:
    assert [r["id"] for r in run('{"sql": "select 1"}', "", '{"sql": "select 2"}')] == [1, 3]


def test_a_finding_says_where() -> None:
    (result,) = run('{"sql": "select 1,\\n  evil(2)"}')
    (finding,) = result["findings"]  # type: ignore[misc]
    assert (finding["code"], finding["line"], finding["column"]) == ("SQL102", 2, 3)
    assert finding["severity"] == "high"


def test_a_line_overrules_the_defaults() -> None:
    judged = run(
        '{"sql": "delete from t where id = 1", "profile": "write"}',
        '{"sql": "select * from a", "tables": ["b"]}',
        '{"sql": "select * from `a`", "dialect": "mysql"}',
    )
    assert [r["verdict"] for r in judged] == ["pass", "block", "pass"]


BROKEN = [
    ("half a line", b'{"sql": "sel'),
    ("a list", "[1]"),
    ("no statement", "{}"),
    ("a number as statement", '{"sql": 1}'),
    ("null as statement", '{"sql": null}'),
    ("unknown profile", '{"sql": "select 1", "profile": "god"}'),
    ("tables as a text", '{"sql": "select 1", "tables": "orders"}'),
    ("not UTF-8", b'{"sql": "\xff\xfe"}'),
    ("nested beyond reason", "[" * 100_000),
    ("too long", '{"sql": "' + "x" * MAX_LINE + '"}'),
]


@pytest.mark.parametrize("line", [b[1] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_a_broken_line_is_blocked_and_named_and_the_next_is_judged(line: str | bytes) -> None:
    broken, fine = run(line, '{"sql": "select 1"}')
    assert broken["id"] == "line 1"
    assert broken["verdict"] == "block"
    assert "line 1" in broken["findings"][0]["message"]  # type: ignore[index]
    assert fine["verdict"] == "pass"


def test_it_streams() -> None:
    endless = ('{"sql": "select 1"}' for _ in itertools.count())
    first = next(replay(endless, SqlContext("duckdb"), strict))
    assert first["verdict"] == "pass"


def test_processes_side_by_side_say_the_same_in_order() -> None:
    lines = [
        json.dumps({"id": n, "sql": f"select {n} from {'t' if n % 7 else 'read_csv(1)'}"}) for n in range(450)
    ]
    lines[3:5] = ["", "broken"]
    alone = list(replay(lines, SqlContext("duckdb"), strict))
    assert list(replay(lines, SqlContext("duckdb"), strict, jobs=2)) == alone


def killed(findings: list[Finding]) -> Verdict:
    """A judge whose process does not survive."""
    os.kill(os.getpid(), signal.SIGKILL)
    return Verdict.PASS


def test_a_killed_process_ends_the_replay_with_a_reason() -> None:
    with pytest.raises(InvalidInput, match="was killed"):
        list(replay(['{"sql": "select 1"}'], SqlContext("duckdb"), killed, jobs=2))
