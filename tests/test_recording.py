"""Recording an agent of one's own: a few lines, safe in every thread, and never in the agent's way."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ThinkingPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from governance.recording import current_run, run
from governance.trace import Completeness, ResultStatus, StepKind, Tool
from governance.transcripts import read_trace

T = TypeVar("T")


def test_the_steps_of_a_run() -> None:
    with run(task="Join the orders.", agent="mine", model="m") as recording:
        recording.reasoning("Both tables have order_id.")
        recording.choice("join key", options=["id", "order_id"], chosen="order_id", because="unique in both")
        recording.tool("sql", {"sql": "select 1"}, result="1", status="ok")
        recording.message("Done.")
    trace = recording.trace
    assert [s.kind for s in trace.steps] == [
        StepKind.PROMPT,
        StepKind.REASONING,
        StepKind.CHOICE,
        StepKind.TOOL_CALL,
        StepKind.TOOL_RESULT,
        StepKind.MESSAGE,
    ]
    assert trace.task == "Join the orders."
    assert (trace.capture.method, trace.capture.completeness) == ("in_process", Completeness.COMPLETE)
    assert trace.steps[3].call is not None
    assert trace.steps[3].call.tool is Tool.SQL


def test_an_exception_of_the_agent_is_recorded_and_passed_on() -> None:
    recording = run(task="Try.")
    with pytest.raises(ZeroDivisionError), recording:
        _ = 1 / 0
    assert recording.trace.steps[-1].kind is StepKind.ERROR
    assert "ZeroDivisionError" in recording.trace.steps[-1].text


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no text for you")


def test_whatever_is_passed_the_agent_goes_on() -> None:
    with run(task="Try.") as recording:
        recording.reasoning(Unprintable())  # type: ignore[arg-type]
        recording.tool("x", {"a": Unprintable(), "b": {1, 2}}, result=Unprintable())
        recording.tool("x", 5, status="no such status")  # type: ignore[arg-type]
        recording.pydantic_ai(object())
    kinds = [s.kind for s in recording.trace.steps]
    assert kinds.count(StepKind.ERROR) == 3
    result = next(s.result for s in recording.trace.steps if s.result)
    assert result.content == "<Unprintable, not printable: RuntimeError>"


def test_a_run_that_has_not_ended_is_partial() -> None:
    recording = run(task="Go.")
    assert recording.trace.capture.completeness is Completeness.PARTIAL
    assert recording.finish().capture.completeness is Completeness.COMPLETE


def test_threads_share_a_run_without_losing_a_step() -> None:
    with run(task="Go.") as recording:
        threads = [
            threading.Thread(target=lambda: [recording.tool("t", {"n": n}, result="r") for n in range(100)])
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    steps = recording.trace.steps
    assert len(steps) == 1 + 8 * 200
    assert [s.seq for s in steps] == list(range(1, len(steps) + 1))
    assert len({s.call.call_id for s in steps if s.call}) == 800


def apart(function: Callable[[], T]) -> T:
    """What a function returns in a thread of its own: a browser of another test keeps this one's event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(function).result()


def test_asyncio_tasks_each_have_their_own_current_run() -> None:
    async def agent(name: str) -> str:
        with run(task=name):
            await asyncio.sleep(0.001)
            inside = current_run()
            assert inside is not None
            return inside.trace.task

    async def both() -> list[str]:
        return list(await asyncio.gather(agent("first"), agent("second")))

    assert apart(lambda: asyncio.run(both())) == ["first", "second"]
    assert current_run() is None


def test_a_pydantic_ai_result_is_taken_whole() -> None:
    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) == 1:
            return ModelResponse(
                parts=[ThinkingPart("Count them."), ToolCallPart("count", {}, tool_call_id="c")]
            )
        return ModelResponse(parts=[TextPart("12")])

    agent = Agent(FunctionModel(model))
    agent.tool_plain(lambda: 12, name="count")
    with run(task="How many?") as recording:
        recording.pydantic_ai(apart(lambda: agent.run_sync("How many?")))
    trace = recording.trace
    assert [s.text for s in trace.steps if s.kind is StepKind.PROMPT] == ["How many?"]
    assert [s.reasoning.text for s in trace.steps if s.reasoning] == ["Count them."]
    assert [(s.result.status, s.result.content) for s in trace.steps if s.result] == [(ResultStatus.OK, "12")]
    assert [s.seq for s in trace.steps] == list(range(1, len(trace.steps) + 1))


def test_a_step_is_cheap() -> None:
    """Ten times the promised 50 µs, so that a busy machine cannot make this fail."""
    recording = run(task="Go.")
    begin = time.perf_counter()
    for _ in range(1000):
        recording.reasoning("Thinking.")
    assert (time.perf_counter() - begin) / 1000 < 500e-6


def test_a_saved_run_is_a_transcript_that_the_gate_reads(tmp_path: Path) -> None:
    with run(task="Join the orders.", agent="mine") as recording:
        recording.reasoning("Both tables have order_id.")
        recording.choice("join key", options=["id", "order_id"], chosen="order_id", because="unique in both")
        recording.tool("sql", {"sql": "select 1"}, result="1")
    recording.save(tmp_path / "session.json")
    read = read_trace((tmp_path / "session.json").read_bytes())
    assert read.task == "Join the orders."
    assert [s.reasoning.text for s in read.steps if s.reasoning] == ["Both tables have order_id."]
    assert [s.choice.chosen for s in read.steps if s.choice] == ["order_id"]
    assert [s.call.arguments for s in read.steps if s.call] == [{"sql": "select 1"}]
