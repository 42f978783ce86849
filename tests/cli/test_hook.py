"""`governance hook`: one tool call in, one answer in the agent's own words out, and no doubt allows."""

import json

import pytest

from tests.cli.conftest import BLOCK, PASS, REVIEW, UNDECIDED


def event(name: str, **arguments: object) -> bytes:
    return json.dumps({"hook_event_name": "PreToolUse", "tool_name": name, "tool_input": arguments}).encode()


CALLS = [
    ("a harmless command", event("Bash", command="ls models"), PASS),
    ("a destructive command", event("Bash", command="rm -rf / --no-preserve-root"), BLOCK),
    ("the same behind a pipe", event("Bash", command="true; sudo rm -rf /"), BLOCK),
    ("SQL that drops a table", event("Bash", command='duckdb shop.db "drop table orders"'), BLOCK),
    ("SQL that asks", event("Bash", command='duckdb shop.db "select count(*) from orders"'), PASS),
    ("a query that is written", event("Write", file_path="q.sql", content="select 1"), PASS),
    ("a deletion that is written", event("Write", file_path="q.sql", content="delete from orders"), BLOCK),
    ("a file of another kind", event("Write", file_path="notes.md", content="delete from orders"), PASS),
    ("a call without arguments", event("TodoRead"), PASS),
]


@pytest.mark.parametrize(("call", "status"), [c[1:] for c in CALLS], ids=[c[0] for c in CALLS])
def test_a_call_is_judged_before_it_runs(governance, call, status):
    ran = governance("hook", "claude_code", stdin=call)
    assert ran.status == status, ran.out + ran.err
    answer = ran.json["hookSpecificOutput"]
    assert answer["permissionDecision"] == {PASS: "allow", BLOCK: "deny", REVIEW: "ask"}[status]
    assert bool(ran.err) == (status != PASS)
    assert answer["permissionDecisionReason"]


ANSWERS = [
    ("claude_code", event("Bash", command="rm -rf /"), ["hookSpecificOutput", "permissionDecision"], "deny"),
    ("claude-code", event("Bash", command="rm -rf /"), ["hookSpecificOutput", "permissionDecision"], "deny"),
    ("codex", event("shell", command=["bash", "-lc", "rm -rf /"]), ["hookSpecificOutput", "permissionDecision"], "deny"),
    ("gemini", event("run_shell_command", command="rm -rf /"), ["decision"], "deny"),
    ("cursor", json.dumps({"command": "rm -rf /", "cwd": "/"}).encode(), ["permission"], "deny"),
]  # fmt: skip


@pytest.mark.parametrize(("agent", "call", "where", "word"), ANSWERS, ids=[a[0] for a in ANSWERS])
def test_each_agent_is_answered_in_its_own_words(governance, agent, call, where, word):
    ran = governance("hook", agent, stdin=call)
    answer = ran.json
    for key in where:
        answer = answer[key]
    assert (answer, ran.status) == (word, BLOCK)


DOUBTS = [
    ("nothing", b"", "not a tool call"),
    ("half a call", event("Bash", command="ls")[:-9], "not a tool call"),
    ("a list", b"[]", "not an object"),
    ("no name", b'{"tool_input": {"command": "rm -rf /"}}', "tool_name is missing"),
    ("no arguments", b'{"tool_name": "Bash"}', "tool_input is missing"),
    ("arguments as text", b'{"tool_name": "Bash", "tool_input": "rm -rf /"}', "tool_input is missing or no object"),
    ("not UTF-8", b'{"tool_name": "\xff\xfe"}', "not a tool call"),
    ("nested beyond reason", b"[" * 100_000, "not a tool call"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "says"), [d[1:] for d in DOUBTS], ids=[d[0] for d in DOUBTS])
def test_what_is_no_call_is_not_allowed(governance, call, says):
    ran = governance("hook", "claude_code", stdin=call)
    assert (ran.status, ran.out) == (UNDECIDED, "")
    assert says in ran.err
    assert "Nothing was allowed" in ran.err


@pytest.mark.parametrize("agent", [[], ["nobody"]], ids=["none", "unknown"])
def test_an_unknown_agent_is_told_the_known_ones(governance, agent):
    ran = governance("hook", *agent, stdin=event("Bash", command="ls"))
    assert (ran.status, "claude_code, codex, gemini, cursor" in ran.err) == (UNDECIDED, True)


def test_the_policy_of_the_folder_holds(governance, own_home):
    (own_home / "governance.yml").write_text("sql: {profile: write}\nrules: {SQL401: medium}")
    call = event("Write", file_path="q.sql", content="delete from orders")
    assert governance("hook", "claude_code", stdin=call).status == REVIEW


def test_a_broken_policy_allows_nothing(governance, own_home):
    (own_home / "governance.yml").write_text("sql: {profile")
    ran = governance("hook", "claude_code", stdin=event("Bash", command="ls"))
    assert (ran.status, ran.out, "governance.yml:1:" in ran.err) == (UNDECIDED, "", True)


def test_the_console_script_answers_too(program):
    ran = program("hook", "claude_code", stdin=event("Bash", command="rm -rf /"))
    assert (ran.status, ran.json["hookSpecificOutput"]["permissionDecision"]) == (BLOCK, "deny")


def test_closed_streams_allow_nothing(program):
    call = event("Bash", command="ls")
    ran = program("hook", "claude_code", stdin=call, preexec_fn=lambda: __import__("os").close(1))
    assert (ran.status, "standard output is closed" in ran.err) == (UNDECIDED, True)
