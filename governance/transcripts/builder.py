"""Collects the steps of one transcript in order, numbers them, and keeps account of its bytes."""

import hashlib
from collections.abc import Mapping
from typing import Any

from governance.trace import (
    Actor,
    Capture,
    Choice,
    Completeness,
    Gap,
    Reasoning,
    Source,
    Span,
    Step,
    StepKind,
    ToolCall,
    ToolResult,
    Trace,
    Visibility,
)
from governance.transcripts.tools import classify, outcome


class TraceBuilder:
    """What every adapter writes into; `turn` is the turn that new steps belong to."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.gaps: list[Gap] = []
        self.turn = 0
        self.compacted = False
        self._turn_of_call: dict[str, int] = {}

    def new_turn(self) -> None:
        """What follows belongs to the next turn."""
        self.turn += 1

    def add(self, kind: StepKind, actor: Actor, **parts: Any) -> Step:
        """One more step, in the current turn unless `turn` is among its parts."""
        turn = parts.pop("turn", None) or max(1, self.turn)
        step = Step(len(self.steps) + 1, turn, kind, actor, **parts)
        self.steps.append(step)
        self.compacted = self.compacted or kind is StepKind.COMPACTION
        return step

    def prompt(self, text: str, actor: Actor = Actor.USER, **parts: Any) -> None:
        """Something said to the agent, which opens a turn."""
        self.new_turn()
        self.add(StepKind.PROMPT, actor, text=text, **parts)

    def message(self, text: str, **parts: Any) -> None:
        """Something the agent said."""
        self.add(StepKind.MESSAGE, Actor.AGENT, text=text, **parts)

    def reasoning(self, text: str, visibility: Visibility, **parts: Any) -> None:
        """What the agent thought, as far as it can be seen."""
        self.add(StepKind.REASONING, Actor.AGENT, reasoning=Reasoning(visibility, text), **parts)

    def call(self, call_id: str, name: str, arguments: Mapping[str, Any], **parts: Any) -> None:
        """A tool call, followed by the choice that it states, if it is a plan or a question."""
        call = ToolCall(call_id, name, classify(name, arguments), arguments)
        self._turn_of_call.setdefault(call_id, parts.get("turn") or max(1, self.turn))
        self.add(StepKind.TOOL_CALL, Actor.AGENT, call=call, **parts)
        for choice in stated_choices(arguments):
            self.add(StepKind.CHOICE, Actor.AGENT, choice=choice, **{**parts, "usage": None, "extra": {}})

    def result(self, call_id: str, content: str, *, failed: bool = False, **parts: Any) -> None:
        """What a call returned; it belongs to the turn of its call, wherever it stands."""
        status, exit_code = outcome(content, failed=failed)
        status = parts.pop("status", None) or status
        exit_code = parts.pop("exit_code", exit_code)
        result = ToolResult(call_id, status, content, exit_code)
        turn = parts.pop("turn", None) or self._turn_of_call.get(call_id)
        self.add(StepKind.TOOL_RESULT, Actor.TOOL, result=result, turn=turn, **parts)

    def unknown(self, record: Any, span: Span | None, **parts: Any) -> None:
        """A record that says nothing we know; it is kept as it is."""
        self.add(StepKind.UNKNOWN, Actor.SYSTEM, span=span, extra={"record": record}, **parts)

    def build(
        self, source: Source, data: bytes, *, trace_id: str = "", name: str = "", **extra: Any
    ) -> Trace:
        """The finished trace of these bytes; `name`, that of the file, serves where nothing else does."""
        digest = hashlib.sha256(data).hexdigest()
        return Trace(
            trace_id=trace_id or source.session_id or name or digest[:16],
            source=source,
            steps=tuple(self.steps),
            capture=Capture("file", self._completeness(), tuple(self.gaps)),
            raw_sha256=digest,
            raw_bytes=len(data),
            extra=extra,
        )

    def _completeness(self) -> Completeness:
        if any("blank" not in gap.reason for gap in self.gaps):
            return Completeness.TRUNCATED
        return Completeness.COMPACTED if self.compacted else Completeness.COMPLETE


def stated_choices(arguments: Mapping[str, Any]) -> list[Choice]:
    """The decisions that a plan, a todo list or a question states in so many words."""
    items = arguments.get("todos") or arguments.get("plan")
    if isinstance(items, str):
        return [Choice("plan", items)]
    if isinstance(items, list):
        steps = [str(i.get("content") or i.get("step") or "") for i in items if isinstance(i, dict)]
        current = next((s for s, i in zip(steps, items, strict=False) if _is_current(i)), "")
        because = arguments.get("explanation")
        return (
            [Choice("plan", current or "; ".join(steps), tuple(steps), str(because or ""))] if steps else []
        )
    if {"question", "chosen"} <= arguments.keys():
        options = arguments.get("options")
        named = tuple(map(str, options)) if isinstance(options, list) else ()
        because = str(arguments.get("because") or "")
        return [Choice(str(arguments["question"]), str(arguments["chosen"]), named, because)]
    return []


def _is_current(item: Any) -> bool:
    return isinstance(item, dict) and item.get("status") == "in_progress"
