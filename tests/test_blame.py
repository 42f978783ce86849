"""Why-blame: each line with the step that wrote it, and never a guess."""

import json

import pytest

from governance.artifact import Artifact, ArtifactKind
from governance.blame import accounts_for, blame, blame_removed, same_file
from governance.errors import InvalidInput
from governance.trace import Actor, Source, Step, StepKind, Trace
from governance.transcripts import read_trace
from governance.transcripts.story import session

PATH = "models/a.sql"


def told(story: str, final: str, base: str | None = None, path: str = PATH) -> list[str]:
    """Per line: the command or tool that wrote it, `base`, or `?` when no step explains it."""
    trace = session("user: Go.\n" + story)
    return names(trace, final, base, path)


def names(trace: Trace, final: str, base: str | None, path: str = PATH) -> list[str]:
    artifact = Artifact(path, ArtifactKind.SQL, final.encode(), base.encode() if base is not None else None)
    calls = {s.seq: s.call for s in trace.steps if s.call}
    out = []
    for line in blame(artifact, trace):
        call = calls.get(line.step or 0)
        words = list(call.arguments.values()) if call else []
        out.append(f"{call.name} {len(words)}" if call else "base" if line.base else "?")
        assert line.unexplained == (out[-1] == "?")
    return [word.split()[0] for word in out]


CASES = [
    ("a new file", "write models/a.sql: select 1\\nfrom t", None, "select 1\nfrom t\n", ["create_file"] * 2),
    ("an edit in a base", "edit models/a.sql: b => B\\nbb", "a\nb\nc\n", "a\nB\nbb\nc\n", ["base", "edit_file", "edit_file", "base"]),
    ("a rewrite keeps what stands", "write models/a.sql: a\\nb\\nd", "a\nb\nc\n", "a\nb\nd\n", ["base", "base", "create_file"]),
    ("an absolute path of the checkout", "edit /home/ada/repo/models/a.sql: b => x", "a\nb\n", "a\nx\n", ["base", "edit_file"]),
    ("another file of the same name", "edit other/a.sql: b => x", "a\nb\n", "a\nx\n", ["base", "?"]),
    ("changed by nobody", "run: ls -> a.sql", "a\nb\n", "a\nx\n", ["base", "?"]),
    ("a heredoc", "run: cat > models/a.sql <<'E'\\na\\nb\\nE -> ", None, "a\nb\n", ["bash"] * 2),
    ("an appending echo", "run: echo c >> models/a.sql -> ", "a\nb\n", "a\nb\nc\n", ["base", "base", "bash"]),
    ("sed in place", "run: sed -i 's/b/x/' models/a.sql -> ", "a\nb\n", "a\nx\n", ["base", "bash"]),
    ("sed that only prints", "run: sed -n 1p models/a.sql -> a", "a\nb\n", "a\nx\n", ["base", "?"]),
    ("a formatter", "run: sqlfmt models -> 1 file", "a\nb\n", "a\nB\n", ["base", "bash"]),
    ("a formatter that only looks", "run: sqlfmt --check models -> 1 would change", "a\nb\n", "a\nB\n", ["base", "?"]),
    ("dbt builds, it does not write models", "run: dbt build -> PASS=1", "a\nb\n", "a\nB\n", ["base", "?"]),
    ("two formatters could have", "run: sqlfmt models -> 1\nrun: sqlfluff fix -> 1", "a\nb\n", "a\nB\n", ["base", "?"]),
    ("an edit that was denied", "run: sed -i 's/b/x/' models/a.sql -> DENIED by policy", "a\nb\n", "a\nx\n", ["base", "?"]),
    ("deleted and written anew", "run: rm models/a.sql -> \nwrite models/a.sql: a", "a\nb\n", "a\n", ["create_file"]),
    ("an ambiguous place", "edit models/a.sql: b => xxxx", "b\nb\n", "b\nxxxx\n", ["base", "edit_file"]),
    ("a python script", "run: python3 - <<'E'\\nopen('models/a.sql','w').write('z')\\nE -> ", "a\n", "z\n", ["bash"]),
    ("an empty file", "write models/a.sql: x", None, "", []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("story", "base", "final", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_who_wrote_each_line(story: str, base: str | None, final: str, expected: list[str]) -> None:
    assert told(story, final, base) == expected


def claude(*blocks: dict[str, object]) -> Trace:
    lines = [
        {"type": "user", "uuid": "u", "sessionId": "s", "message": {"role": "user", "content": "Go."}},
        *(
            {
                "type": "assistant",
                "uuid": f"a{n}",
                "sessionId": "s",
                "message": {"id": f"m{n}", "content": [block]},
            }
            for n, block in enumerate(blocks)
        ),
    ]
    return read_trace("\n".join(map(json.dumps, lines)).encode())


def use(name: str, **arguments: object) -> dict[str, object]:
    return {"type": "tool_use", "id": f"t-{name}", "name": name, "input": arguments}


REMOVED = [
    ("an edit", "edit models/a.sql: b => x", "a\nb\n", "a\nx\n", {2: "edit_file"}),
    ("a line taken out", "write models/a.sql: a\\nc", "a\nb\nc\n", "a\nc\n", {2: "create_file"}),
    ("the whole file", "run: rm models/a.sql -> ", "a\nb\n", "", {1: "bash", 2: "bash"}),
    ("taken out and put back", "write models/a.sql: a\nwrite models/a.sql: a\\nb", "a\nb\n", "a\nb\n", {2: "create_file"}),
    ("sed in place", "run: sed -i /b/d models/a.sql -> ", "a\nb\n", "a\n", {2: "bash"}),
    ("by nobody", "run: ls -> a.sql", "a\nb\n", "a\n", {}),
    ("the edit was refused", "run: rm models/a.sql -> DENIED by policy", "a\n", "", {}),
    ("nothing", "write models/a.sql: a\\nb", "a\n", "a\nb\n", {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("story", "base", "final", "expected"), [c[1:] for c in REMOVED], ids=[c[0] for c in REMOVED]
)
def test_who_removed_each_line(story: str, base: str, final: str, expected: dict[int, str]) -> None:
    trace = session("user: Go.\n" + story)
    calls = {s.seq: s.call.name for s in trace.steps if s.call}
    removed = blame_removed(Artifact(PATH, ArtifactKind.SQL, final.encode(), base.encode()), trace)
    assert {line: calls[step] for line, step in removed.items()} == expected


def test_multi_edit_and_replace_all() -> None:
    trace = claude(
        use("MultiEdit", file_path=PATH, edits=[{"old_string": "a", "new_string": "A"}, {"old_string": "c", "new_string": "C"}]),
        use("Edit", file_path=PATH, old_string="x", new_string="X", replace_all=True),
    )  # fmt: skip
    assert names(trace, "A\nb\nC\nX\nX\n", "a\nb\nc\nx\nx\n") == [
        "MultiEdit",
        "base",
        "MultiEdit",
        "Edit",
        "Edit",
    ]


def codex(arguments: dict[str, object]) -> Trace:
    payload = {"type": "function_call", "name": "shell", "call_id": "k", "arguments": json.dumps(arguments)}
    return read_trace(json.dumps({"timestamp": "t", "type": "response_item", "payload": payload}).encode())


PATCH = "*** Begin Patch\n*** Update File: models/a.sql\n@@\n a\n-b\n+B\n@@\n c\n+d\n*** End Patch"


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["apply_patch", PATCH], id="as words"),
        pytest.param(["bash", "-lc", f"apply_patch <<'EOF'\n{PATCH}\nEOF"], id="as a heredoc"),
    ],
)
def test_a_patch_of_codex_with_two_hunks(command: list[str]) -> None:
    trace = codex({"command": command})
    assert names(trace, "a\nB\nc\nd\n", "a\nb\nc\n") == ["base", "shell", "base", "shell"]


def test_windows_line_ends_count_as_lines() -> None:
    assert told("edit models/a.sql: b => x", "a\r\nx\r\n", "a\r\nb\r\n") == ["base", "edit_file"]


def test_what_is_no_text_is_refused() -> None:
    artifact = Artifact("a.bin", ArtifactKind.OTHER, b"\x00\xff")
    with pytest.raises(InvalidInput):
        blame(artifact, session("user: Go."))


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("models/a.sql", True),
        ("./models/a.sql", True),
        ("/repo/models/a.sql", True),
        ("repo/models/a.sql", True),
        ("a.sql", False),
        ("xmodels/a.sql", False),
        ("", False),
    ],
)
def test_which_paths_are_the_file(written: str, same: bool) -> None:
    assert same_file(written, PATH) is same


def test_a_loose_statement_belongs_to_the_step_that_said_it():
    sql = "select region\nfrom stores"
    steps = (
        Step(1, 1, StepKind.PROMPT, Actor.USER, sql),
        Step(2, 2, StepKind.MESSAGE, Actor.AGENT, f"```sql\n{sql}\n```"),
        Step(3, 3, StepKind.MESSAGE, Actor.AGENT, "Anything else?"),
    )
    trace = Trace("t", Source("tester", "none"), steps)
    said = Artifact("<sql>", ArtifactKind.SQL, sql.encode())
    assert [line.step for line in blame(said, trace)] == [2, 2]
    changed = Artifact("<sql>", ArtifactKind.SQL, b"select region from secrets")
    assert [line.unexplained for line in blame(changed, trace)] == [True]


@pytest.mark.parametrize(
    ("story", "base", "final", "told"),
    [
        ("write models/a.sql: select 1", None, "select 1\n", True),
        ("run: sed -i 's/one/two/' models/a.sql -> ", "one a\n", "two a\n", True),
        ("run: sqlfmt models -> 1 file", "select 1\n", "SELECT 1\n", True),
        ("run: dbt build -> PASS=1", "select 1\n", "select 2\n", False),
        ("write models/b.sql: select 1", None, "drop table orders\n", False),
        ("write models/a.sql: select 1", None, "drop table orders\n", True),
        ("run: ls -> ", "a\n\n\n", "a\n", True),
        ("run: make_model 'select id, name' -> ok", None, "select id, name\n", True),
    ],
)
def test_whether_a_trace_tells_of_a_file_at_all(story, base, final, told):
    artifact = Artifact(PATH, ArtifactKind.SQL, final.encode(), base.encode() if base is not None else None)
    assert accounts_for(session("user: Go.\n" + story), artifact) is told
