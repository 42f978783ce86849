"""What the tests of the command line share: two ways to run it, and a small repository to run it in."""

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from governance.cli import main
from governance.transcripts import to_atif
from governance.transcripts.story import session

PASS, BLOCK, UNDECIDED, REVIEW = 0, 1, 2, 3

STORY = """
user: Add a query that counts the orders per day.
think: A group by over the day is enough.
write queries/daily.sql: select day, count(*) as orders from orders group by day
say: queries/daily.sql counts the orders per day.
"""
QUERY = "select day, count(*) as orders from orders group by day"
RECORD = ["check", "--base", "main", "--by-hand", "--record"]


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def refused(ran: Ran, *words: str) -> None:
    """The command could not decide: one line says why, in these words, and one line says what to do."""
    assert (ran.status, ran.out) == (UNDECIDED, ""), ran.out + ran.err
    said = ran.err.splitlines()
    assert len(said) == 2, ran.err
    assert said[0].startswith("governance: ")
    assert said[1].startswith("  ")
    assert said[1].rstrip().endswith((".", "`"))
    for word in words:
        assert word in ran.err, ran.err


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    """Key and ledger lie in a home of the test's own, and the current folder is an empty one."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("GOVERNANCE_DEBUG", raising=False)
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def governance(monkeypatch, capsys):
    """Runs a command in this process, through the entry point that the console script calls."""

    def run(*arguments: object, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "argv", ["governance", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Ran(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture
def program():
    """Runs a command as a process of its own, as a shell would."""

    def run(*arguments: object, stdin: bytes = b"", **settings: Any) -> Ran:
        command = [sys.executable, "-m", "governance.cli", *map(str, arguments)]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | settings
        done = subprocess.run(command, input=stdin, timeout=60, **streams)
        out, err = (os.fsdecode(text or b"") for text in (done.stdout, done.stderr))
        assert "Traceback" not in out + err
        return Ran(done.returncode, out, err)

    return run


@pytest.fixture
def transcript(tmp_path):
    """A transcript that tells the story above, as a file."""
    file = tmp_path / "session.json"
    file.write_text(json.dumps(to_atif(session(STORY))))
    return file


@pytest.fixture
def shop(workshop, monkeypatch):
    """A repository with one query on `main`, and the current folder in it."""
    workshop.write("queries/orders.sql", "select id from orders\n")
    workshop.commit("base")
    monkeypatch.chdir(workshop.root)
    return workshop


@pytest.fixture
def branch(shop):
    """The repository of `shop`, on a branch that adds a query."""
    shop.run("checkout", "-q", "-b", "change")
    shop.write("queries/daily.sql", QUERY)
    shop.commit()
    return shop


@pytest.fixture
def signing(governance, branch):
    """The branch, with a key, and a trust file that is on `main` as it should be."""
    branch.run("checkout", "-q", "main")
    assert governance("keys", "init").status == PASS
    assert governance("keys", "trust", "--owner", "tests").status == PASS
    branch.commit("trust")
    branch.run("checkout", "-q", "change")
    branch.run("rebase", "-q", "main")
    return branch
