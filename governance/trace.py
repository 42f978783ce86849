"""Traces: what an agent was asked, thought, chose and did, one step at a time, whatever wrote it.

A trace is a superset of an ATIF-v1.8 trajectory: where ATIF has one step with message, reasoning,
tool calls and observation, a trace has one step for each of them, tied together by `turn`
(the ATIF `step_id`). Everything an adapter does not understand is kept in `extra`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from governance.visibility import Visibility as Visibility


class StepKind(StrEnum):
    """What a step is."""

    PROMPT = "prompt"
    MESSAGE = "message"
    REASONING = "reasoning"
    CHOICE = "choice"
    TOOL_CALL = "tool_call"
    TOOL_RESULT = "tool_result"
    COMPACTION = "compaction"
    HANDOFF = "handoff"
    ERROR = "error"
    UNKNOWN = "unknown"


class Actor(StrEnum):
    """Who a step is from."""

    USER = "user"
    AGENT = "agent"
    SYSTEM = "system"
    TOOL = "tool"


class Tool(StrEnum):
    """What a tool does, whatever the agent calls it."""

    READ = "read"
    WRITE = "write"
    EDIT = "edit"
    DELETE = "delete"
    SHELL = "shell"
    SQL = "sql"
    SEARCH = "search"
    FETCH = "fetch"
    SUBAGENT = "subagent"
    PLAN = "plan"
    MCP = "mcp"
    OTHER = "other"


class ResultStatus(StrEnum):
    """How a tool call ended."""

    OK = "ok"
    ERROR = "error"
    DENIED = "denied"
    INTERRUPTED = "interrupted"
    MISSING = "missing"


class Completeness(StrEnum):
    """How much of the run the trace covers."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"
    COMPACTED = "compacted"
    PARTIAL = "partial"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes of the raw transcript: offset and length."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes of the raw transcript that no step accounts for, and why."""

    span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What the agent thought before acting; its own account, not proof of cause."""

    visibility: Visibility
    text: str = ""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the agent called: `name` is the agent's word for it, `tool` is ours."""

    call_id: str
    name: str
    tool: Tool = Tool.OTHER
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool call returned."""

    call_id: str
    status: ResultStatus = ResultStatus.OK
    content: str = ""
    exit_code: int | None = None
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision point of the agent: what was decided, among which options, and why."""

    question: str
    chosen: str
    options: tuple[str, ...] = ()
    because: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens spent."""

    input: int = 0
    output: int = 0
    reasoning: int = 0
    cached: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.reasoning + other.reasoning,
            self.cached + other.cached,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. Exactly the part that belongs to its `kind` is set.

    `seq` counts from 1 without gaps within a trace; `turn` groups the steps of one agent turn and
    is the ATIF `step_id`; `timestamp` is ISO 8601 as recorded and is never trusted for order;
    `thread` names the sub-agent or side conversation, empty for the main one.
    """

    seq: int
    turn: int
    kind: StepKind
    actor: Actor
    text: str = ""
    reasoning: Reasoning | None = None
    call: ToolCall | None = None
    result: ToolResult | None = None
    choice: Choice | None = None
    timestamp: str = ""
    thread: str = ""
    native_id: str = ""
    model: str = ""
    usage: Usage | None = None
    span: Span | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """Which agent wrote the transcript and which adapter read it."""

    agent: str
    native_format: str
    agent_version: str = ""
    session_id: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Capture:
    """How the transcript was taken: `method` is one of in_process, hook, file, otel."""

    method: str = "file"
    completeness: Completeness = Completeness.UNKNOWN
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """One agent run. `raw_sha256` and `raw_bytes` pin the transcript that it was read from."""

    trace_id: str
    source: Source
    steps: tuple[Step, ...]
    capture: Capture = Capture()
    raw_sha256: str = ""
    raw_bytes: int = 0
    redactions: Mapping[str, int] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def task(self) -> str:
        """What the agent was asked: the text of the user's first prompt."""
        prompts = (s.text for s in self.steps if s.kind is StepKind.PROMPT and s.actor is Actor.USER)
        return next(prompts, "")

    def asked(self, task: str) -> "Trace":
        """The trace with `task` as its first prompt, where the transcript holds none."""
        if self.task or not task:
            return self
        prompt = Step(1, 1, StepKind.PROMPT, Actor.USER, task, extra={"added_by": "gate"})
        moved = (replace(step, seq=step.seq + 1, turn=step.turn + 1) for step in self.steps)
        return replace(self, steps=(prompt, *moved))

    @property
    def usage(self) -> Usage:
        """Tokens of all steps together."""
        return sum((s.usage for s in self.steps if s.usage), Usage())
