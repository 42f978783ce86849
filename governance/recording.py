"""Recording the steps of an agent of your own: `with governance.run(task=…) as run: run.choice(…)`.

Never breaks the agent that it observes: whatever goes wrong in here is kept as an `error` step.
Safe under threads and asyncio; a step costs a few microseconds.
"""

import json
import threading
import uuid
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from governance.trace import (
    Actor,
    Capture,
    Choice,
    Completeness,
    ResultStatus,
    Source,
    StepKind,
    Trace,
    Usage,
    Visibility,
)
from governance.transcripts.builder import TraceBuilder

_CURRENT: ContextVar["Run | None"] = ContextVar("governance_run", default=None)


def run(task: str = "", *, agent: str = "custom", model: str = "", run_id: str = "") -> "Run":
    """A recording of one agent run; use it as a context manager, or call `finish` yourself."""
    return Run(task, agent=agent, model=model, run_id=run_id)


def current_run() -> "Run | None":
    """The run that this thread or asyncio task is inside of, if it is inside of one."""
    return _CURRENT.get()


class Run:
    """One agent run while it is recorded; `trace` is what was recorded so far."""

    def __init__(self, task: str, *, agent: str, model: str, run_id: str) -> None:
        self._builder = TraceBuilder()
        self._lock = threading.Lock()
        self._source = Source(agent, "recorded", session_id=run_id or uuid.uuid4().hex, model=model)
        self._complete = Completeness.PARTIAL
        self._token: Any = None
        if task:
            self._add(lambda b, at: b.prompt(str(task), **at))

    def __enter__(self) -> Self:
        self._token = _CURRENT.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            _CURRENT.reset(self._token)
            self._token = None
        if error is not None:
            self.error(f"{type(error).__name__}: {error}")
        self.finish()

    def prompt(self, text: str) -> None:
        """Something more that the user asked."""
        self._add(lambda b, at: b.prompt(str(text), **at))

    def message(self, text: str) -> None:
        """Something that the agent said."""
        self._add(lambda b, at: b.message(str(text), **at))

    def reasoning(self, text: str, *, visibility: Visibility = Visibility.FULL) -> None:
        """What the agent thought; it opens a turn."""

        def record(builder: TraceBuilder, at: dict[str, Any]) -> None:
            builder.new_turn()
            builder.reasoning(str(text), visibility, **at)

        self._add(record)

    def choice(self, question: str, *, chosen: str, options: Sequence[str] = (), because: str = "") -> None:
        """A decision point: what was decided, among which options, and why."""

        def record(builder: TraceBuilder, at: dict[str, Any]) -> None:
            choice = Choice(str(question), str(chosen), tuple(map(str, options)), str(because))
            builder.add(StepKind.CHOICE, Actor.AGENT, choice=choice, **at)

        self._add(record)

    def tool(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        result: object = None,
        status: ResultStatus | str | None = None,
        exit_code: int | None = None,
    ) -> None:
        """A tool call together with what it returned; a result of None means that none is known."""

        def record(builder: TraceBuilder, at: dict[str, Any]) -> None:
            call_id = f"call-{len(builder.steps) + 1}"
            ended = ResultStatus(status) if status else None
            if builder.turn == 0 or builder.steps[-1].actor is Actor.USER:
                builder.new_turn()
            builder.call(call_id, str(name), _plain(arguments or {}), **at)
            if result is not None or ended:
                builder.result(call_id, _text(result), status=ended, exit_code=exit_code, **at)

        self._add(record)

    def error(self, text: str) -> None:
        """Something that went wrong in the agent."""
        self._add(lambda b, at: b.add(StepKind.ERROR, Actor.SYSTEM, text=str(text), **at))

    def usage(self, *, input: int = 0, output: int = 0, reasoning: int = 0, cached: int = 0) -> None:
        """Tokens spent since the last call of this."""

        def record(builder: TraceBuilder, at: dict[str, Any]) -> None:
            spent = Usage(input, output, reasoning, cached)
            builder.add(StepKind.UNKNOWN, Actor.SYSTEM, usage=spent, extra={"record": "usage"}, **at)

        self._add(record)

    def pydantic_ai(self, result: Any) -> None:
        """Everything that a pydantic-ai result has recorded: pass the value that `agent.run` returned."""

        def record(builder: TraceBuilder, _: dict[str, Any]) -> None:
            from governance.transcripts import pydantic_ai

            read = pydantic_ai.read(bytes(result.all_messages_json()))
            first, had = builder.turn, bool(builder.steps)
            for step in read.steps:
                if had and step.kind is StepKind.PROMPT and step.text == builder.steps[0].text:
                    continue
                moved = replace(step, seq=len(builder.steps) + 1, turn=first + step.turn, span=None)
                builder.steps.append(moved)
            builder.turn = max((s.turn for s in builder.steps), default=0)
            if read.source.model and not self._source.model:
                self._source = replace(self._source, model=read.source.model)

        self._add(record)

    def finish(self) -> Trace:
        """Ends the recording and returns it."""
        self._complete = Completeness.COMPLETE
        return self.trace

    def save(self, path: str | Path) -> None:
        """Write what was recorded so far as an ATIF transcript, which `governance check --trace` reads."""
        from governance.transcripts import to_atif

        Path(path).write_text(json.dumps(to_atif(self.trace), indent=1) + "\n", "utf-8")

    @property
    def trace(self) -> Trace:
        """What was recorded so far; partial until the run has ended."""
        with self._lock:
            steps = tuple(self._builder.steps)
        return Trace(self._source.session_id, self._source, steps, Capture("in_process", self._complete))

    def _add(self, record: Any) -> None:
        try:
            at = {"timestamp": datetime.now(UTC).isoformat(), "thread": _thread()}
            with self._lock:
                before = len(self._builder.steps)
                try:
                    record(self._builder, at)
                except Exception as error:  # the agent must not fail because it is watched
                    del self._builder.steps[before:]
                    text = f"not recorded: {type(error).__name__}: {_text(error)}"[:500]
                    self._builder.add(StepKind.ERROR, Actor.SYSTEM, text=text)
        except Exception:  # not even a broken clock or lock may reach the agent; the trace stays partial
            self._complete = Completeness.PARTIAL


def _thread() -> str:
    name = threading.current_thread().name
    return "" if name == "MainThread" else name


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return str(value)
    except Exception as error:  # a result whose __str__ raises is still a result
        return f"<{type(value).__name__}, not printable: {type(error).__name__}>"


def _plain(value: Any) -> Any:
    """Arguments as JSON would hold them, so that the trace can be stored whatever was passed."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {_text(key): _plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
    return _text(value)
