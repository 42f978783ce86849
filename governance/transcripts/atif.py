"""ATIF-v1.8 trajectories, in and out, without loss; 30 and more agents are exported to it.

What ATIF has and a step does not is kept under `extra["atif"]` of the first step of its turn; what
a step has and ATIF does not goes into ATIF's own `extra` under `governance`.
"""

from typing import Any

from governance.trace import Actor, Choice, ResultStatus, Source, Span, StepKind, Trace, Usage, Visibility
from governance.transcripts.builder import TraceBuilder
from governance.transcripts.pydantic_ai import content_text
from governance.transcripts.records import json_array

FORMAT = "atif"
_STEP_PARTS = ("step_id", "source", "message", "reasoning_content", "tool_calls", "observation")
_OTHER_KINDS = ("compaction", "handoff", "error", "unknown")
_ACTORS = {"user": Actor.USER, "agent": Actor.AGENT, "system": Actor.SYSTEM}


def recognises(value: Any) -> bool:
    """Whether a document is a trajectory."""
    if not isinstance(value, dict) or not isinstance(value.get("steps"), list):
        return False
    return str(value.get("schema_version", "")).startswith("ATIF") or isinstance(value.get("agent"), dict)


def read(data: bytes, name: str = "") -> Trace:
    """The trace of one trajectory; embedded sub-agents follow as threads of their own."""
    members, steps, gaps = json_array(data, "steps")
    builder = TraceBuilder()
    builder.gaps.extend(gaps)
    for step in steps:
        _step(builder, step.value, step.span, "")
    for child in _dicts(members.get("subagent_trajectories")):
        thread = _text(child.get("trajectory_id")) or "subagent"
        for value in _list(child.get("steps")):
            _step(builder, value, steps[-1].span if steps else Span(0, 0), thread)
    agent = members.get("agent")
    agent = agent if isinstance(agent, dict) else {}
    source = Source(
        _text(agent.get("name")),
        FORMAT,
        agent_version=_text(agent.get("version")),
        session_id=_text(members.get("session_id")),
        model=_text(agent.get("model_name")),
    )
    trace_id = _text(members.get("trajectory_id"))
    return builder.build(source, data, trace_id=trace_id, name=name, atif=members)


def _step(builder: TraceBuilder, step: Any, span: Span, thread: str) -> None:
    if not isinstance(step, dict):
        builder.new_turn()
        builder.unknown(step, span, thread=thread)
        return
    step_id = step.get("step_id")
    follows = isinstance(step_id, int) and builder.turn < step_id < 10**9 and not thread
    builder.turn = int(step_id) if follows and step_id else builder.turn + 1
    own = _governance(step)
    parts = {
        "span": span,
        "thread": thread or _text(own.get("thread")),
        "timestamp": _text(step.get("timestamp")),
        "model": _text(step.get("model_name")),
    }
    _said(builder, step, own, parts)
    if isinstance(reasoning := step.get("reasoning_content"), str):
        builder.reasoning(reasoning, _visibility(own, reasoning), **parts)
    for call in _dicts(step.get("tool_calls")):
        _call(builder, call, parts)
    for choice in _dicts(own.get("choices")):
        options = tuple(map(str, _list(choice.get("options"))))
        made = (_text(choice.get("question")), _text(choice.get("chosen")))
        builder.add(
            StepKind.CHOICE, Actor.AGENT, choice=Choice(*made, options, _text(choice.get("because"))), **parts
        )
    observation = step.get("observation")
    for result in _dicts(observation.get("results")) if isinstance(observation, dict) else []:
        _result(builder, result, parts)


def _said(builder: TraceBuilder, step: dict[str, Any], own: dict[str, Any], parts: dict[str, Any]) -> None:
    """The step's message, even when empty, which carries all that ATIF says beside it."""
    actor = _ACTORS.get(_text(step.get("source")), Actor.SYSTEM)
    rest = {key: value for key, value in step.items() if key not in _STEP_PARTS and value is not None}
    rest |= {key: step[key] for key in ("tool_calls", "observation") if _says_nothing(step.get(key))}
    extra: dict[str, Any] = {"atif": rest} if rest else {}
    message = step.get("message")
    if not isinstance(message, str) and message is not None:
        extra["message"] = message
    default = StepKind.MESSAGE if actor is Actor.AGENT else StepKind.PROMPT
    kind = StepKind(own["kind"]) if own.get("kind") in _OTHER_KINDS else default
    usage = _usage(step.get("metrics"))
    builder.add(kind, actor, text=content_text(message), usage=usage, extra=extra, **parts)


def _says_nothing(value: Any) -> bool:
    return value == [] or (isinstance(value, dict) and not value.get("results"))


def _visibility(own: dict[str, Any], reasoning: str) -> Visibility:
    stated = _list(own.get("visibility"))
    if len(stated) == 1 and stated[0] in list(Visibility):
        return Visibility(stated[0])
    return Visibility.FULL if reasoning.strip() else Visibility.ABSENT


def _call(builder: TraceBuilder, call: dict[str, Any], parts: dict[str, Any]) -> None:
    arguments = call.get("arguments")
    rest = {k: v for k, v in call.items() if k not in ("tool_call_id", "function_name", "arguments")}
    extra: dict[str, Any] = {"atif": rest} if rest else {}
    if not isinstance(arguments, dict):
        extra["arguments"], arguments = arguments, {"arguments": arguments}
    name = _text(call.get("function_name"))
    builder.call(_text(call.get("tool_call_id")), name, arguments, extra=extra, **parts)


def _result(builder: TraceBuilder, result: dict[str, Any], parts: dict[str, Any]) -> None:
    rest = {k: v for k, v in result.items() if k not in ("source_call_id", "content") and v is not None}
    if result.get("source_call_id") == "":
        rest["source_call_id"] = ""
    extra: dict[str, Any] = {"atif": rest} if rest else {}
    if not isinstance(content := result.get("content"), str):
        extra["content"] = content
    own = _governance(result)
    status = ResultStatus(own["status"]) if own.get("status") in list(ResultStatus) else None
    code = {"exit_code": own["exit_code"]} if isinstance(own.get("exit_code"), int) else {}
    call_id = _text(result.get("source_call_id")) or _text(own.get("call_id"))
    known: dict[str, Any] = {"status": status, "turn": builder.turn, "extra": extra}
    builder.result(call_id, content_text(content), **known, **code, **parts)


def _governance(record: dict[str, Any]) -> dict[str, Any]:
    """What `to_atif` put into a record's `extra` because ATIF has no field for it."""
    extra = record.get("extra")
    own = extra.get("governance") if isinstance(extra, dict) else None
    return own if isinstance(own, dict) else {}


def _usage(metrics: Any) -> Usage | None:
    if not isinstance(metrics, dict):
        return None
    count = {key: value for key, value in metrics.items() if isinstance(value, int)}
    prompt, cached = count.get("prompt_tokens", 0), count.get("cached_tokens", 0)
    return Usage(prompt, count.get("completion_tokens", 0), 0, cached)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in _list(value) if isinstance(item, dict)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
