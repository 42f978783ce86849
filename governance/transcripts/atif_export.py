"""A trace as an ATIF-v1.8 document; one that was read from ATIF comes out as it went in."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from governance.trace import Actor, Step, StepKind, ToolCall, ToolResult, Trace
from governance.transcripts.builder import stated_choices
from governance.transcripts.tools import outcome

_AGENT_PARTS = (StepKind.REASONING, StepKind.TOOL_CALL, StepKind.TOOL_RESULT, StepKind.CHOICE)


def to_atif(trace: Trace) -> dict[str, Any]:
    """The trajectory of a trace: one ATIF step per turn."""
    kept = trace.extra.get("atif")
    native = isinstance(kept, Mapping)
    members = dict(kept) if isinstance(kept, Mapping) else _members(trace)
    children = members.get("subagent_trajectories") or ()
    embedded = {str(c.get("trajectory_id") or "subagent") for c in children if isinstance(c, Mapping)}
    steps = sorted((s for s in trace.steps if s.thread not in embedded), key=lambda s: s.turn)
    documents = [d for _, turn in groupby(steps, key=lambda s: s.turn) for d in _turn(tuple(turn), native)]
    numbered = [{**d, "step_id": number} for number, d in enumerate(documents, start=1)]
    return {**members, "steps": numbered}


def _members(trace: Trace) -> dict[str, Any]:
    source = trace.source
    agent = {"name": source.agent or "unknown", "version": source.agent_version or "unknown"}
    if source.model:
        agent["model_name"] = source.model
    members = {"schema_version": "ATIF-v1.8", "trajectory_id": trace.trace_id, "agent": agent}
    return {**members, "session_id": source.session_id} if source.session_id else members


def _turn(steps: tuple[Step, ...], native: bool) -> list[dict[str, Any]]:
    """What the agent said, thought and did in a turn is one ATIF step; anything else stands alone."""
    together = [s for s in steps if s.kind in _AGENT_PARTS or _is_message(s)]
    alone = [s for s in steps if s not in together]
    if len(alone) == 1 and all(s.kind is StepKind.TOOL_RESULT for s in together):
        return [_document(alone[0], [*alone, *together], native)]
    documents = [_document(step, [step], native) for step in alone]
    for part in _spoken_after_acting(together):
        documents.append(_document(next(filter(_is_message, part), part[0]), part, native))
    return documents


def _spoken_after_acting(steps: list[Step]) -> list[list[Step]]:
    """A step of ATIF speaks before it acts, so what was said after a call begins another."""
    parts: list[list[Step]] = []
    for step in steps:
        acted = bool(parts) and any(s.call or s.result for s in parts[-1])
        if not parts or (acted and _is_message(step)):
            parts.append([])
        parts[-1].append(step)
    return parts


def _is_message(step: Step) -> bool:
    return step.kind is StepKind.MESSAGE and step.actor is Actor.AGENT


def _document(head: Step, steps: Sequence[Step], native: bool) -> dict[str, Any]:
    acted = any(s.kind in (StepKind.REASONING, StepKind.TOOL_CALL) for s in steps)
    agent = acted or head.actor is Actor.AGENT
    source = "agent" if agent else "user" if head.actor is Actor.USER else "system"
    document: dict[str, Any] = {"step_id": head.turn, "source": source, "message": _message(head, steps)}
    thoughts = [s.reasoning.text for s in steps if s.reasoning]
    if thoughts:
        document["reasoning_content"] = "\n\n".join(filter(None, thoughts))
    calls = [_call(s, s.call) for s in steps if s.call]
    if calls:
        document["tool_calls"] = calls
    known = {call["tool_call_id"] for call in calls}
    results = [_result(s, s.result, known, native) for s in steps if s.result]
    if results:
        document["observation"] = {"results": results}
    return {**document, **(head.extra.get("atif", {}) if native else _beside(head, steps, agent))}


def _message(head: Step, steps: Sequence[Step]) -> Any:
    if "message" in head.extra:
        return head.extra["message"]
    return "\n\n".join(s.text for s in steps if s.text)


def _beside(head: Step, steps: Sequence[Step], agent: bool) -> dict[str, Any]:
    """What ATIF has fields for, and under `extra.governance` what it has none for."""
    beside: dict[str, Any] = {"timestamp": head.timestamp} if head.timestamp else {}
    if agent and head.model:
        beside["model_name"] = head.model
    spent = [s.usage for s in steps if s.usage]
    if agent and spent:
        total = sum(spent[1:], spent[0])
        counts = {"prompt_tokens": total.input, "completion_tokens": total.output}
        beside["metrics"] = {**counts, "cached_tokens": total.cached}
    own = _own(head, steps)
    return {**beside, "extra": {"governance": own}} if own else beside


def _own(head: Step, steps: Sequence[Step]) -> dict[str, Any]:
    own: dict[str, Any] = {"thread": head.thread} if head.thread else {}
    if head.kind not in (StepKind.PROMPT, StepKind.MESSAGE, *_AGENT_PARTS):
        own["kind"] = head.kind.value
        if head.extra:
            own["record"] = dict(head.extra)
    stated = [choice for s in steps if s.call for choice in stated_choices(s.call.arguments)]
    made = [s.choice for s in steps if s.choice and s.choice not in stated]
    choices = [{**asdict(choice), "options": list(choice.options)} for choice in made]
    if choices:
        own["choices"] = choices
    visibility = [s.reasoning.visibility.value for s in steps if s.reasoning]
    return {**own, "visibility": visibility} if visibility else own


def _call(step: Step, call: ToolCall) -> dict[str, Any]:
    arguments = step.extra.get("arguments", dict(call.arguments))
    document = {"tool_call_id": call.call_id, "function_name": call.name, "arguments": arguments}
    return {**document, **step.extra.get("atif", {})}


def _result(step: Step, result: ToolResult, calls: set[str], native: bool) -> dict[str, Any]:
    document: dict[str, Any] = {}
    named = bool(result.call_id) and (native or result.call_id in calls)
    if named:
        document["source_call_id"] = result.call_id
    content = step.extra.get("content", result.content)
    if content is not None:
        document["content"] = content
    if native:
        return {**document, **step.extra.get("atif", {})}
    own: dict[str, Any] = {} if named else {"call_id": result.call_id}
    if (result.status, result.exit_code) != outcome(result.content):
        own["status"] = result.status.value
        if result.exit_code is not None:
            own["exit_code"] = result.exit_code
    return {**document, "extra": {"governance": own}} if own else document
