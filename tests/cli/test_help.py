"""The help is true: every command has an example that runs, and the page of commands says the same."""

import re
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import click
import pytest

import governance.cli.manual
from governance.cli.manual import commands, examples, render
from tests.cli.conftest import BLOCK, PASS, UNDECIDED

COMMANDS = {context.info_name: context.command for context in commands()}
# How each example ends in the repository below; `None` when it would not end.
EXAMPLES = {
    'governance check --sql "delete from orders" --dialect postgres --profile write': BLOCK,
    "governance check models/ --dialect snowflake": PASS,
    "governance check --base main --trace session.jsonl": PASS,
    "governance replay history.jsonl --dialect snowflake > verdicts.jsonl": PASS,
    "governance monitor ~/.claude/projects/shop/*.jsonl": PASS,
    "governance rules SQL001": PASS,
    "governance log --verdict block --limit 5": PASS,
    "governance show 3f2a": PASS,
    "governance lineage 3f2a --json": PASS,
    "governance blame queries/daily.sql": PASS,
    "governance verify --base main": PASS,
    'governance approve 3f2a --reason "the exposure is retired next week"': UNDECIDED,  # it passed already
    "governance trace import session.jsonl --out trace.json": PASS,
    "governance trace show session.jsonl": PASS,
    "governance trace export session.jsonl --out trajectory.json": PASS,
    "governance policy init": PASS,
    "governance policy check governance.yml": PASS,
    "governance policy schema > governance.schema.json": PASS,
    "governance schema --connection WAREHOUSE_URL > schema.yml": PASS,
    "governance expect orders --write": UNDECIDED,  # there is no dbt project
    "governance keys init": UNDECIDED,  # there is a key, which is never overwritten
    "governance keys show": PASS,
    "governance keys trust --owner data-platform": PASS,
    "governance hook claude_code || exit 2": PASS,
    "governance serve --port 8791": None,
}


def test_every_example_is_run_below():
    assert [line for command in COMMANDS.values() for line in examples(command)] == list(EXAMPLES)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_every_command_says_what_it_does_and_shows_how(governance, command):
    name = next(name for name, known in COMMANDS.items() if known is command)
    ran = governance(*name.split()[1:], "--help")
    assert (ran.status, ran.err) == (PASS, "")
    assert all(line in ran.out for line in examples(command))
    assert examples(command)
    assert governance(*name.split()[1:], "-h").out == ran.out
    assert [o.name for o in command.params if isinstance(o, click.Option) and not o.help] == []


@pytest.fixture
def prepared(governance, signing, transcript, own_home, monkeypatch):
    """The repository that the examples speak of; the beginning of a decision's id."""
    root = signing.root
    (root / "models").mkdir()
    (root / "models/daily.sql").write_text("select 1")
    (root / "session.jsonl").write_bytes(transcript.read_bytes())
    (root / "history.jsonl").write_text('{"sql": "select 1"}')
    (root / "governance.yml").write_text("version: 1")
    (root / ".git/info/exclude").write_text("models\n*.jsonl\n*.json\ngovernance.yml\n")
    with closing(sqlite3.connect(own_home / "shop.db")) as warehouse:
        warehouse.execute("create table orders (id int)")
    monkeypatch.setenv("WAREHOUSE_URL", f"sqlite:///{own_home}/shop.db")
    projects = own_home / ".claude/projects/shop"
    projects.mkdir(parents=True)
    (projects / "one.jsonl").write_bytes(transcript.read_bytes())
    ran = governance("check", "--base", "main", "--trace", transcript, "--record")
    assert ran.status == PASS
    return ran.err.split()[-1]


ENDING = [pytest.param(line, status, id=line[11:]) for line, status in EXAMPLES.items() if status is not None]


@pytest.mark.parametrize(("line", "status"), ENDING)
def test_every_example_runs(governance, prepared, own_home, line, status):
    if line == "governance policy init":
        Path("governance.yml").unlink()
    words = shlex.split(re.split(r" > | \|\| ", line)[0])[1:]
    words = [prepared[:8] if word == "3f2a" else word for word in words]
    files = [str(file) for file in own_home.glob(".claude/projects/shop/*.jsonl")]
    words = [found for word in words for found in (files if word.startswith("~") else [word])]
    call = b'{"tool_name": "Bash", "tool_input": {"command": "ls"}}'
    ran = governance(*words, stdin=call)
    assert ran.status == status, ran.out + ran.err


def test_the_overview_lists_every_command(governance):
    ran = governance("--help")
    assert ran.status == PASS
    listed = re.findall(r"^  (\w+)  ", ran.out.partition("Commands:")[2], re.MULTILINE)
    assert listed == list(dict.fromkeys(name.split()[1] for name in COMMANDS))
    assert "0 pass, 1 block, 2 could not decide, 3 review" in ran.out


def test_the_page_of_commands_is_up_to_date():
    page = Path(governance.cli.manual.__file__).with_name("README.md")
    assert page.read_text("utf-8") == render(), "run `make docs`"


def test_on_the_page_only_a_usage_is_set_as_code() -> None:
    indented = [line for line in governance.cli.manual.render().splitlines() if line.startswith("    ")]
    assert indented
    assert all(line.startswith("    governance ") for line in indented)


def test_commands_of_the_readme_are_commands():
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    shells = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    lines = [
        part.strip()
        for shell in shells
        for line in shell.splitlines()
        for part in line.split("#")[0].split("&&")
    ]
    shown = [shlex.split(line)[1:] for line in lines if line.startswith("governance ")]
    assert len(shown) >= 9
    for words in shown:
        name = (
            f"governance {' '.join(words[:2])}"
            if words[0] in ("trace", "policy", "keys")
            else f"governance {words[0]}"
        )
        given = words[2:] if name.count(" ") == 2 else words[1:]
        with COMMANDS[name].make_context(name, given):
            pass
