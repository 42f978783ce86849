"""`governance replay`: one line out per line in, while they come, and no broken line passes."""

import json
import os
import pty
import re
import subprocess
import sys

import pytest

from tests.cli.conftest import BLOCK, PASS, REVIEW, UNDECIDED


def history(own_home, *lines: str | bytes):
    file = own_home / "history.jsonl"
    file.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines))
    return file


STATUSES = [
    ("all pass", ['{"sql": "select 1"}'], [], PASS),
    ("one is blocked", ['{"sql": "select 1"}', '{"sql": "drop table t"}', '{"sql": "select 2"}'], [], BLOCK),
    ("options hold for every line", ['{"sql": "delete from t where id = 1"}'], ["--profile", "write"], PASS),
    ("tables", ['{"sql": "select a from t"}'], ["--tables", "u"], BLOCK),
    ("a review", ['{"sql": "delete from t"}'], ["--profile", "write", "--policy", "soft.yml"], REVIEW),
    ("no line", [], [], UNDECIDED),
    ("blank lines", ["", "  "], [], UNDECIDED),
]


@pytest.mark.parametrize(
    ("lines", "options", "status"), [s[1:] for s in STATUSES], ids=[s[0] for s in STATUSES]
)
def test_the_exit_status_is_the_gravest_verdict(governance, own_home, lines, options, status):
    (own_home / "soft.yml").write_text("rules: {SQL401: medium}")
    ran = governance("replay", history(own_home, *lines), *options)
    assert ran.status == status, ran.out + ran.err
    assert len(ran.lines) == len([line for line in lines if line.strip()])


def test_each_line_has_its_answer_in_order_and_the_summary_counts_them(governance, own_home):
    lines = [
        json.dumps({"id": f"q{n}", "sql": "drop table t" if n % 3 == 0 else "select 1"}) for n in range(30)
    ]
    ran = governance("replay", history(own_home, *lines))
    assert [r["id"] for r in ran.lines] == [f"q{n}" for n in range(30)]
    assert [r["verdict"] for r in ran.lines] == ["block" if n % 3 == 0 else "pass" for n in range(30)]
    assert set(ran.lines[0]["findings"][0]) == {"code", "name", "severity", "message", "line", "column"}
    assert ran.err.splitlines()[0] == "30 judged: 20 pass, 0 review, 10 block"


BROKEN = [
    '{"sql": "sel',
    "[1]",
    "{}",
    '{"sql": 5}',
    '{"sql": "x", "dialect": "klingon"}',
    b"\xff\xfe",
    "null",
]


@pytest.mark.parametrize("broken", BROKEN, ids=[repr(b) for b in BROKEN])
def test_a_broken_line_gives_a_line_out_and_never_passes(governance, own_home, broken):
    ran = governance("replay", history(own_home, '{"sql": "select 1"}', broken, '{"sql": "select 2"}'))
    assert [r["verdict"] for r in ran.lines] == ["pass", "block", "pass"]
    assert ran.lines[1]["findings"][0]["message"]
    assert ran.status == BLOCK


def test_answers_come_while_statements_still_do(own_home):
    """A history that is being written, here a pipe, is judged line by line."""
    pipe = own_home / "pipe"
    os.mkfifo(pipe)
    command = [sys.executable, "-u", "-m", "governance.cli", "replay", str(pipe)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        with pipe.open("w") as feed:
            for number in range(3):
                print(json.dumps({"id": number, "sql": "select 1"}), file=feed, flush=True)
                assert json.loads(process.stdout.readline())["id"] == number
        process.communicate(timeout=30)
    assert process.returncode == PASS


def test_a_reader_that_leaves_does_not_make_it_a_pass(own_home, program):
    """`governance replay … | head -1` has not seen the verdict."""
    file = history(own_home, *['{"sql": "select 1"}'] * 2000)
    reader, writer = os.pipe()
    os.close(reader)
    ran = program("replay", file, stdout=writer)
    os.close(writer)
    assert (ran.status, ran.err) == (UNDECIDED, "")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_on_a_terminal_a_bar_shows_rate_and_time_left(own_home, jobs):
    lines = [json.dumps({"sql": f"select a from t where id = {n}"}) for n in range(1_000)]
    terminal, theirs = pty.openpty()
    command = [sys.executable, "-m", "governance.cli", "replay", history(own_home, *lines), "--jobs", jobs]
    with (own_home / "out.jsonl").open("wb") as out:
        wide = {**os.environ, "COLUMNS": "120", "TERM": "xterm"}
        running = subprocess.Popen([*command, "--dialect", "postgres"], stdout=out, stderr=theirs, env=wide)
    os.close(theirs)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", _all_that_comes(terminal).decode("utf-8", "replace"))
    assert running.wait() == PASS
    assert re.search(r"\d[\d,]* judged, [\d,]+/s .*\d+% \d+:\d\d:\d\d", shown)
    assert "1,000 judged: 1,000 pass" in shown
    assert len((own_home / "out.jsonl").read_bytes().splitlines()) == 1_000


def _all_that_comes(terminal: int) -> bytes:
    shown = b""
    while True:
        try:
            shown += os.read(terminal, 65_536)
        except OSError:  # whoever wrote has ended
            os.close(terminal)
            return shown
