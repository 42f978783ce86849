"""Agents as values: what they are given, what they leave, and how they end."""

import json
import os
import time

import pytest

from governance.adapters.agents import CommandAgent, RecordedSession
from governance.adapters.agents.connection import file_tools
from governance.adapters.git import Repository
from governance.adapters.workspace import workspace
from governance.artifact import Change
from governance.errors import InvalidInput, MissingTool

MESSAGES = json.dumps(
    [
        {"kind": "request", "parts": [{"part_kind": "user-prompt", "content": "Add a report."}]},
        {"kind": "response", "parts": [{"part_kind": "thinking", "content": "I think."}]},
    ]
)


def shell(script, **options):
    return CommandAgent(["sh", "-c", script], **options)


def test_a_program_gets_the_task_and_an_environment_without_credentials(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "hunter2")
    agent = CommandAgent(["sh", "-c", 'echo "$0" > task; env > env', "{task}"], environment={"MINE": "given"})
    agent.run("Add a report.", tmp_path)
    assert (tmp_path / "task").read_text() == "Add a report.\n"
    given = (tmp_path / "env").read_text()
    assert "hunter2" not in given
    assert "MINE=given" in given


def test_what_a_program_prints_is_its_transcript(tmp_path):
    (tmp_path / "messages").write_text(MESSAGES)
    run = shell("cat messages").run("", tmp_path)
    assert run.trace.task == "Add a report."
    assert (run.failure, run.trace_problem) == ("", "")


def test_the_newest_file_of_this_run_is_its_transcript(tmp_path):
    old = tmp_path / "old.json"
    old.write_text(MESSAGES.replace("Add a report.", "Something else."))
    os.utime(old, (time.time() - 60, time.time() - 60))
    (tmp_path / "source").write_text(MESSAGES)
    run = shell("cp source new.json", transcript="{worktree}/*.json").run("", tmp_path)
    assert run.trace.task == "Add a report."


def test_an_old_transcript_is_not_taken_for_this_run(tmp_path):
    old = tmp_path / "old.json"
    old.write_text(MESSAGES)
    os.utime(old, (time.time() - 60, time.time() - 60))
    assert shell("true", transcript="{worktree}/*.json").run("", tmp_path).trace is None


ENDINGS = [  # id, script, failure
    ("a failing status", "exit 3", "sh ended with status 3"),
    ("a signal", "kill -9 $$", "sh ended with status -9"),
    ("too long", "sleep 60", "sh was stopped after 0.5 s"),
    (
        "too long with children that hold the output",
        "sleep 60 & sleep 60 & wait",
        "sh was stopped after 0.5 s",
    ),
]


@pytest.mark.parametrize(("script", "failure"), [c[1:] for c in ENDINGS], ids=[c[0] for c in ENDINGS])
def test_how_a_program_ended_is_told(tmp_path, script, failure):
    started = time.monotonic()
    assert shell(script, seconds=0.5).run("", tmp_path).failure == failure
    assert time.monotonic() - started < 10


def test_output_in_no_known_format_is_a_problem_with_the_trace(tmp_path):
    run = shell("printf '\\377\\376 nothing'").run("", tmp_path)
    assert run.trace is None
    assert "standard output" in run.trace_problem


def test_a_program_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingTool, match="no-such-agent"):
        CommandAgent(["no-such-agent"]).run("", tmp_path)


def test_a_session_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"nowhere\.json"):
        RecordedSession(str(tmp_path / "nowhere.json")).run("", tmp_path)


def write_session(tmp_path, path, content="select 1\n"):
    call = {
        "part_kind": "tool-call",
        "tool_name": "write_file",
        "tool_call_id": "1",
        "args": {"path": path, "content": content},
    }
    file = tmp_path / "session.json"
    file.write_text(json.dumps([{"kind": "response", "parts": [call]}]))
    return RecordedSession(str(file))


def test_a_session_writes_in_the_work_tree(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    assert write_session(tmp_path, "{worktree}/a/b.sql").run("", work).failure == ""
    assert (work / "a/b.sql").read_text() == "select 1\n"


@pytest.mark.parametrize("path", ["../outside.sql", "{worktree}/../outside.sql"])
def test_a_session_writes_nowhere_else(tmp_path, path):
    work = tmp_path / "work"
    work.mkdir()
    write_session(tmp_path, path).run("", work)
    assert not (tmp_path / "outside.sql").exists()


def test_the_tools_of_a_connection_stay_in_the_work_tree(tmp_path):
    pydantic_ai = pytest.importorskip("pydantic_ai")
    work = tmp_path / "work"
    work.mkdir()
    (tmp_path / "outside").write_text("secret")
    (work / "link").symlink_to(tmp_path / "outside")
    tools = {tool.__name__: tool for tool in file_tools(work)}
    tools["write_file"]("a/b.sql", "select 1")
    assert tools["read_file"]("a/b.sql") == "select 1"
    assert tools["list_files"]() == "a/b.sql\nlink"
    for path in ("../outside", "link", str(tmp_path / "outside")):
        with pytest.raises(pydantic_ai.ModelRetry, match="outside the work tree"):
            tools["read_file"](path)
        with pytest.raises(pydantic_ai.ModelRetry, match="outside the work tree"):
            tools["write_file"](path, "")
    assert (tmp_path / "outside").read_text() == "secret"


LEFT = [  # id, what the agent does in its folder, what the change holds
    ("nothing", "true", set()),
    ("a new file", "echo x > 'with space.sql'", {("with space.sql", Change.ADDED)}),
    ("a deletion", "rm a.sql", {("a.sql", Change.DELETED)}),
    (
        "its own commits",
        "git -c user.name=a -c user.email=a@b commit -qam x --allow-empty; echo y > b.sql",
        {("b.sql", Change.ADDED)},
    ),
    ("a branch rewritten", "git checkout -q --orphan other; git rm -q --cached a.sql", set()),
    ("its own git removed", "rm -rf .git; echo x > b.sql", {("b.sql", Change.ADDED)}),
    (
        "a file for its git",
        "rm -rf .git; echo 'gitdir: /tmp' > .git; echo x > b.sql",
        {("b.sql", Change.ADDED)},
    ),
    (
        "hooks of its own",
        "mkdir -p .git/hooks; printf '#!/bin/sh\\ntouch hooked' > .git/hooks/pre-commit; chmod +x .git/hooks/*; echo x > b.sql",
        {("b.sql", Change.ADDED)},
    ),
    (
        "a filter of its own",
        "git config filter.f.clean 'touch hooked; cat'; echo '*.sql filter=f' > .gitattributes; echo x > b.sql",
        {(".gitattributes", Change.ADDED), ("b.sql", Change.ADDED)},
    ),
    ("a link", "ln -s /etc/passwd b.sql", {("b.sql", Change.ADDED)}),
    (
        "a repository inside",
        "git init -q inner; cd inner; git -c user.name=a -c user.email=a@b commit -qm x --allow-empty",
        {("inner", Change.ADDED)},
    ),
]


@pytest.mark.parametrize(("script", "expected"), [c[1:] for c in LEFT], ids=[c[0] for c in LEFT])
def test_only_the_files_of_a_workspace_become_the_change(workshop, script, expected):
    workshop.write("a.sql", "select 1\n")
    base = workshop.commit()
    repository = Repository.at(workshop.root)
    with workspace(repository, base) as work:
        shell(script).run("", work.folder)
        head = work.commit("change", "agent")
        assert not (work.folder / "hooked").exists()
    assert {(a.path, a.change) for a in repository.artifacts(base, head)} == expected
    assert workshop.run("status", "--porcelain") == ""
    assert workshop.run("rev-parse", "main") == base
    assert not work.folder.exists()
