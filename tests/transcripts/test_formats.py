"""Each format is told by its content and read without loss; the fixtures are small and made up."""

from pathlib import Path

import pytest

from governance.errors import UnreadableTrace
from governance.trace import Actor, Completeness, ResultStatus, StepKind, Tool, Trace, Usage, Visibility
from governance.transcripts import FORMATS, read_trace

FIXTURES = Path(__file__).parent / "fixtures"
NAMES = ("atif.json", "claude_code.jsonl", "codex.jsonl", "otel_genai.json", "pydantic_ai.json")


def trace_of(name: str) -> Trace:
    return read_trace((FIXTURES / name).read_bytes(), name)


def covered(trace: Trace) -> set[int]:
    """Every byte that a step or a gap accounts for."""
    spans = [s.span for s in trace.steps if s.span] + [g.span for g in trace.capture.gaps]
    return {byte for span in spans for byte in range(span.offset, span.offset + span.length)}


@pytest.mark.parametrize(
    ("name", "native"), zip(NAMES, ("atif", "claude-code", "codex", "otel-genai", "pydantic-ai"), strict=True)
)
def test_the_format_is_told_by_the_content(name: str, native: str) -> None:
    assert trace_of(name).source.native_format == native


@pytest.mark.parametrize("name", NAMES)
def test_every_byte_belongs_to_a_step_or_a_gap(name: str) -> None:
    trace = trace_of(name)
    assert covered(trace) == set(range(trace.raw_bytes))


@pytest.mark.parametrize("name", NAMES)
def test_steps_are_numbered_without_holes(name: str) -> None:
    assert [s.seq for s in trace_of(name).steps] == list(range(1, len(trace_of(name).steps) + 1))


@pytest.mark.parametrize(
    ("name", "usage"),
    [
        ("claude_code.jsonl", Usage(575, 35, 0, 500)),  # five messages; their lines repeat it eleven times
        ("codex.jsonl", Usage(250, 50, 9, 140)),  # the last of the cumulative counts
        ("pydantic_ai.json", Usage(174, 66, 0, 0)),
        ("otel_genai.json", Usage(50, 10, 0, 0)),
        ("atif.json", Usage(50, 9, 0, 20)),
    ],
)
def test_usage_is_counted_once(name: str, usage: Usage) -> None:
    assert trace_of(name).usage == usage


@pytest.mark.parametrize(
    ("name", "visible"),
    [
        ("claude_code.jsonl", [Visibility.SUMMARY, Visibility.ENCRYPTED]),
        ("codex.jsonl", [Visibility.SUMMARY, Visibility.ENCRYPTED]),
        ("pydantic_ai.json", [Visibility.FULL, Visibility.ENCRYPTED]),
        ("otel_genai.json", [Visibility.FULL, Visibility.FULL]),
        ("atif.json", [Visibility.FULL]),
    ],
)
def test_it_is_honest_about_hidden_reasoning(name: str, visible: list[Visibility]) -> None:
    assert [s.reasoning.visibility for s in trace_of(name).steps if s.reasoning] == visible


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("claude_code.jsonl", "Add a model of daily revenue. Do not touch the tests."),
        ("codex.jsonl", "Rename the column in stg_orders."),
        ("pydantic_ai.json", "How many orders?"),
        ("otel_genai.json", "How many orders?"),
        ("atif.json", "Count the orders."),
    ],
)
def test_the_task_is_what_the_user_asked_not_what_was_injected(name: str, task: str) -> None:
    assert trace_of(name).task == task


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("claude_code.jsonl", [Tool.READ, Tool.PLAN, Tool.SHELL, Tool.SUBAGENT]),
        ("codex.jsonl", [Tool.SHELL, Tool.EDIT]),
        ("pydantic_ai.json", [Tool.SQL, Tool.SQL]),
        ("otel_genai.json", [Tool.SQL]),
        ("atif.json", [Tool.SHELL]),
    ],
)
def test_calls_are_read_once_each(name: str, calls: list[Tool]) -> None:
    assert [s.call.tool for s in trace_of(name).steps if s.call] == calls


def test_claude_code_keeps_failures_choices_threads_and_compaction() -> None:
    trace = trace_of("claude_code.jsonl")
    failed = next(s for s in trace.steps if s.result and s.result.call_id == "t3")
    assert failed.result is not None
    assert (failed.result.status, failed.result.exit_code) == (ResultStatus.ERROR, 2)
    assert [s.choice.chosen for s in trace.steps if s.choice] == ["write model"]
    assert [s.text for s in trace.steps if s.thread] == ["find the column", "It is called amount."]
    assert trace.capture.completeness is Completeness.COMPACTED
    assert trace.steps[-1].extra["record"]["type"] == "something-new"


def test_codex_counts_the_display_log_only_where_the_protocol_is_silent() -> None:
    trace = trace_of("codex.jsonl")
    said = [s.text for s in trace.steps if s.kind is StepKind.MESSAGE]
    assert said == ["Renamed; I have not run dbt."]
    asked = [s for s in trace.steps if s.kind is StepKind.PROMPT and s.actor is Actor.USER]
    assert len(asked) == 1
    assert [s.choice.question for s in trace.steps if s.choice] == ["approval"]


def test_codex_reads_the_display_log_when_there_is_no_other() -> None:
    line = b'{"timestamp":"t","type":"event_msg","payload":{"type":"agent_message","message":"Done."}}\n'
    assert [s.text for s in read_trace(line).steps] == ["Done."]


def test_a_retry_of_pydantic_ai_is_a_failed_result() -> None:
    results = [s.result for s in trace_of("pydantic_ai.json").steps if s.result]
    assert [r.status for r in results] == [ResultStatus.ERROR, ResultStatus.OK]
    assert "no such table" in results[0].content


def test_atif_reads_sub_agents_as_threads() -> None:
    assert [s.thread for s in trace_of("atif.json").steps if s.thread] == ["child-1"]


def test_a_half_written_line_costs_only_itself() -> None:
    data = (FIXTURES / "claude_code.jsonl").read_bytes()
    cut = data[: data.index(b"dbt run") + 3]
    trace = read_trace(cut)
    assert trace.capture.completeness is Completeness.TRUNCATED
    assert trace.capture.gaps[0].span.offset == cut.rindex(b"\n") + 1
    assert [s.call.name for s in trace.steps if s.call] == ["Read", "TodoWrite"]
    assert covered(trace) == set(range(len(cut)))


def test_a_half_written_document_keeps_the_steps_before_the_break() -> None:
    data = (FIXTURES / "pydantic_ai.json").read_bytes()
    trace = read_trace(data[: int(len(data) * 0.6)])
    assert [s.call.name for s in trace.steps if s.call] == ["query"]
    assert "breaks off" in trace.capture.gaps[0].reason


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\n\n  \n", id="blank"),
        pytest.param(b"\x00\x01\x02\xff" * 100, id="binary"),
        pytest.param(b"hello, this is prose", id="prose"),
        pytest.param(b"{}", id="empty object"),
        pytest.param(b"[]", id="empty list"),
        pytest.param(b'{"steps": []}', id="no steps"),
        pytest.param(b"[" * 100_000, id="deep nesting"),
        pytest.param(b'{"a":' * 100_000, id="deep objects"),
        pytest.param(b'{"name": "package", "version": "1"}', id="some other json"),
        pytest.param(b"9" * 10_000, id="a huge number"),
    ],
)
def test_what_is_no_transcript_is_refused_with_the_list_of_formats(data: bytes) -> None:
    with pytest.raises(UnreadableTrace) as refused:
        read_trace(data, "session.jsonl")
    assert "session.jsonl" in refused.value.message
    assert all(name in refused.value.remedy for name in FORMATS)


def test_lone_surrogates_never_reach_a_trace() -> None:
    line = b'{"type":"user","uuid":"1","sessionId":"s","message":{"role":"user","content":"a\\ud800b"}}'
    assert read_trace(line).task == "a\ufffdb"
