"""ATIF in and out: nothing is lost, and what comes out is a valid ATIF-v1.8 document."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import UnreadableTrace
from governance.trace import Trace
from governance.transcripts import documents, read_trace, read_traces, to_atif
from governance.transcripts.story import session

FIXTURES = sorted((Path(__file__).parent / "fixtures").iterdir())
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
EXTRA = st.dictionaries(
    TEXT.filter(lambda key: key != "governance"), st.integers() | TEXT, min_size=1, max_size=2
)
PARTS = st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": TEXT}), min_size=1, max_size=2)


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


@st.composite
def agent_step(draw: st.DrawFn) -> dict[str, Any]:
    calls = [
        {
            "tool_call_id": f"c{n}",
            "function_name": draw(TEXT),
            "arguments": draw(EXTRA),
            **draw(optional(extra=EXTRA)),
        }
        for n in range(draw(st.integers(0, 2)))
    ]
    results = [
        {"source_call_id": call["tool_call_id"], **draw(optional(content=TEXT | PARTS, extra=EXTRA))}
        for call in calls
    ]
    metrics = st.fixed_dictionaries(
        {"prompt_tokens": st.integers(0, 99)}, optional={"cost_usd": st.just(0.5)}
    )
    rest = draw(
        optional(
            timestamp=st.just("2026-03-01T10:00:00Z"),
            model_name=TEXT,
            reasoning_content=TEXT,
            reasoning_effort=st.sampled_from(["low", 0.5]),
            metrics=metrics,
            llm_call_count=st.integers(1, 3),
            is_copied_context=st.booleans(),
            extra=EXTRA,
        )
    )
    acted = {"tool_calls": calls, "observation": {"results": results}} if calls else {}
    return {"source": "agent", "message": draw(TEXT | PARTS), **rest, **acted}


SPOKEN = st.fixed_dictionaries(
    {"source": st.sampled_from(["user", "system"]), "message": TEXT | PARTS},
    optional={"extra": EXTRA, "observation": st.just({"results": [{"content": "event"}]})},
)
TRAJECTORY = st.fixed_dictionaries(
    {
        "schema_version": st.just("ATIF-v1.8"),
        "agent": st.fixed_dictionaries({"name": TEXT, "version": TEXT}, optional={"extra": EXTRA}),
        "steps": st.lists(agent_step() | SPOKEN, min_size=1, max_size=5),
    },
    optional={"session_id": TEXT, "trajectory_id": TEXT, "notes": TEXT, "extra": EXTRA},
)


@settings(max_examples=200, deadline=None)
@given(trajectory=TRAJECTORY)
def test_atif_to_trace_and_back_loses_nothing(trajectory: dict[str, Any]) -> None:
    for number, step in enumerate(trajectory["steps"], start=1):
        step["step_id"] = number
    assert to_atif(read_trace(json.dumps(trajectory).encode())) == trajectory


def test_the_fixture_comes_out_as_it_went_in() -> None:
    data = (Path(__file__).parent / "fixtures" / "atif.json").read_bytes()
    assert to_atif(read_trace(data)) == json.loads(data)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_every_format_comes_out_as_valid_atif(path: Path) -> None:
    document = to_atif(read_trace(path.read_bytes()))
    assert json.loads(json.dumps(document)) == document
    assert [step["step_id"] for step in document["steps"]] == list(range(1, len(document["steps"]) + 1))
    for step in document["steps"]:
        assert step["source"] in ("user", "agent", "system")
        assert "message" in step
        if step["source"] != "agent":
            assert not step.keys() & {"model_name", "reasoning_content", "tool_calls", "metrics"}
        known = {call["tool_call_id"] for call in step.get("tool_calls", [])}
        for result in step.get("observation", {}).get("results", []):
            assert result.get("source_call_id") is None or result["source_call_id"] in known


def content(trace: Trace) -> list[tuple[Any, ...]]:
    """What a trace says, in an order that does not depend on the order within a turn."""
    said = [
        (s.kind, s.text, s.reasoning, s.result and (s.result.status, s.result.content)) for s in trace.steps
    ]
    calls = [(s.call.name, s.call.tool, dict(s.call.arguments)) for s in trace.steps if s.call]
    choices = [s.choice for s in trace.steps if s.choice]
    return [sorted(map(repr, [row for row in said if any(row[1:])])), calls, choices]


def test_a_trace_keeps_what_it_says_through_atif() -> None:
    trace = session(
        "user: Do it.\nthink: Let me see.\nrun: ls -> DENIED by policy\nthink: Ask.\nsay: May I?\nedit a.py: x => y"
    )
    again = read_trace(json.dumps(to_atif(trace)).encode())
    assert content(again) == content(trace)


def test_what_was_said_after_a_call_still_comes_after_it() -> None:
    told = session("user: Fix.\nthink: Hm.\nrun: pytest -> 2 failed\nsay: All tests pass.")
    again = read_trace(json.dumps(to_atif(told)).encode())
    spoken = [step.seq for step in again.steps if step.text == "All tests pass."]
    acted = [step.seq for step in again.steps if step.call]
    assert acted < spoken


def test_choices_and_visibility_survive() -> None:
    data = (Path(__file__).parent / "fixtures" / "codex.jsonl").read_bytes()
    trace = read_trace(data)
    again = read_trace(json.dumps(to_atif(trace)).encode())
    assert [s.choice for s in again.steps if s.choice] == [s.choice for s in trace.steps if s.choice]
    assert [s.reasoning for s in again.steps if s.reasoning] == [
        s.reasoning for s in trace.steps if s.reasoning
    ]


def lines(*names: str) -> bytes:
    steps = [{"step_id": 1, "source": "user", "message": "Go."}]
    row = {"schema_version": "ATIF-v1.8", "agent": {"name": "a", "version": "1"}, "steps": steps}
    return b"".join(json.dumps({**row, "trajectory_id": name}).encode() + b"\n" for name in names)


def test_an_archive_yields_one_trace_per_line() -> None:
    assert [t.trace_id for t in read_traces(io.BytesIO(lines("t1", "t2", "t3")))] == ["t1", "t2", "t3"]


def test_an_archive_is_told_even_when_its_first_line_is_broken() -> None:
    found = list(documents(io.BytesIO(b'{"schema_version": "ATI\n' + lines("t1", "t2"))))
    assert len(found) == 3
    with pytest.raises(UnreadableTrace):
        read_trace(found[0])


def test_any_other_file_is_one_document() -> None:
    data = (Path(__file__).parent / "fixtures" / "claude_code.jsonl").read_bytes()
    assert list(documents(io.BytesIO(data))) == [data]
