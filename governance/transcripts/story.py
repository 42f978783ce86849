"""A session in a few lines of plain text, as the trace rules' examples and tests write it.

    user: Fix the total. Do not change the tests.
    think: The sum is off by one.
    edit src/total.py: return a => return a + 1
    run: pytest -q -> 3 passed
    say: All 3 tests pass.

`write PATH: TEXT`, `read PATH -> TEXT`, `sql: TEXT -> RESULT` and `submit: TEXT` are the other verbs;
a result that begins with `DENIED` was refused; `\\n` stands for a new line.
"""

from governance.trace import ResultStatus, Source, Trace, Visibility
from governance.transcripts.builder import TraceBuilder

FORMAT = "story"


def session(text: str) -> Trace:
    """The trace of a session in this notation. Raises ValueError at a line that it cannot read."""
    builder = TraceBuilder()
    for line in text.strip().splitlines():
        if line.strip():
            _line(builder, line.strip().replace("\\n", "\n"))
    return builder.build(Source("example", FORMAT), text.encode("utf-8", "replace"), name="example")


def _line(builder: TraceBuilder, line: str) -> None:
    head, _, rest = line.partition(":")
    verb, _, path = head.strip().partition(" ")
    rest = rest.strip()
    match verb:
        case "user":
            builder.prompt(rest)
            builder.new_turn()
        case "think":
            builder.new_turn()
            builder.reasoning(rest, Visibility.FULL)
        case "say":
            builder.message(rest)
        case "run" | "sql":
            key = "command" if verb == "run" else "sql"
            name = "bash" if verb == "run" else "sql"
            _call(builder, name, key, rest)
        case "submit":
            builder.call(_next(builder), "submit", {"message": rest})
        case "edit":
            old, _, new = rest.partition("=>")
            arguments = {"path": path, "old_str": old.strip(), "new_str": new.strip()}
            builder.call(_next(builder), "edit_file", arguments)
        case "write":
            builder.call(_next(builder), "create_file", {"path": path, "content": rest})
        case "read":
            path, _, result = f"{line.removeprefix('read ')} ".partition(" -> ")
            call_id = _next(builder)
            builder.call(call_id, "open_file", {"path": path.strip()})
            builder.result(call_id, result.strip())
        case _:
            raise ValueError(f"not a line of a story: {line[:60]!r}")


def _call(builder: TraceBuilder, name: str, key: str, rest: str) -> None:
    script, _, result = f"{rest} ".partition(" -> ")
    call_id = _next(builder)
    builder.call(call_id, name, {key: script.strip()})
    status = ResultStatus.DENIED if result.startswith("DENIED") else None
    builder.result(call_id, result.removeprefix("DENIED").strip(), status=status)


def _next(builder: TraceBuilder) -> str:
    return f"call-{len(builder.steps) + 1}"
