"""OpenTelemetry GenAI spans as OTLP-JSON, one export or one export per line.

Checked against the `gen-ai-dev` conventions and against pydantic-ai's instrumentation, which spells
the part type `thinking` where the convention says `reasoning`; both are read.
"""

import json
from collections.abc import Iterator
from typing import Any

from governance.trace import Actor, Gap, Source, Span, StepKind, Trace, Usage, Visibility
from governance.transcripts.builder import TraceBuilder
from governance.transcripts.pydantic_ai import content_text
from governance.transcripts.records import json_lines, parse

FORMAT = "otel-genai"


def recognises(value: Any) -> bool:
    """Whether a document is an OTLP export, or a span in its flat form."""
    if not isinstance(value, dict):
        return False
    return "resourceSpans" in value or ("attributes" in value and ("spanId" in value or "span_id" in value))


def read(data: bytes, name: str = "") -> Trace:
    """The trace of one run; messages that later spans repeat as input are counted once."""
    reader = _Reader()
    spans: list[tuple[dict[str, Any], Span]] = []
    for value, span, gap in _documents(data):
        if gap:
            reader.builder.gaps.append(gap)
        found = [(s, span) for s in _spans(value)]
        spans.extend(found)
        if not found and not gap:
            reader.builder.unknown(value, span)
    for otel_span, place in sorted(spans, key=lambda item: _start(item[0])):
        reader.span(otel_span, place)
    source = Source(reader.agent, FORMAT, session_id=reader.session, model=reader.model)
    return reader.builder.build(source, data, name=name)


def _documents(data: bytes) -> Iterator[tuple[Any, Span, Gap | None]]:
    try:
        yield parse(data.decode("utf-8", "replace")), Span(0, len(data)), None
        return
    except ValueError:
        pass
    for item in json_lines(data):
        if isinstance(item, Gap):
            yield None, item.span, item
        else:
            yield item.value, item.span, None


class _Reader:
    def __init__(self) -> None:
        self.builder = TraceBuilder()
        self.seen: set[str] = set()
        self.calls: set[str] = set()
        self.agent = self.session = self.model = ""

    def span(self, span: dict[str, Any], place: Span) -> None:
        values = _attributes(span.get("attributes"))
        self.agent = self.agent or _text(values.get("gen_ai.agent.name"))
        self.session = self.session or _text(values.get("gen_ai.conversation.id"))
        about = {"span": place, "native_id": _text(span.get("spanId") or span.get("span_id"))}
        before = len(self.builder.steps)
        if values.get("gen_ai.operation.name") == "execute_tool" or "gen_ai.tool.call.id" in values:
            self._tool(span, values, about)
        elif "gen_ai.input.messages" in values or "gen_ai.output.messages" in values:
            self._inference(values, about)
        if len(self.builder.steps) == before:
            self.builder.unknown(span, place)

    def _inference(self, values: dict[str, Any], about: dict[str, Any]) -> None:
        self.model = (
            _text(values.get("gen_ai.response.model") or values.get("gen_ai.request.model")) or self.model
        )
        instructions = _json(values.get("gen_ai.system_instructions"))
        parts = instructions if isinstance(instructions, list) else []
        messages = [{"role": "system", "parts": parts}] if parts else []
        messages += _messages(values.get("gen_ai.input.messages"))
        output = _messages(values.get("gen_ai.output.messages"))
        usage = _usage(values)
        for message in [*messages, *output]:
            key = json.dumps([message.get("role"), message.get("parts")], sort_keys=True, default=str)
            if key in self.seen:
                continue
            self.seen.add(key)
            own = {**about, "usage": usage} if message in output else about
            usage = None if message in output else usage
            self._message(message, own)

    def _message(self, message: dict[str, Any], about: dict[str, Any]) -> None:
        role = _text(message.get("role"))
        if role == "assistant":
            self.builder.new_turn()
            about = {**about, "model": self.model}
        parts = message.get("parts")
        for part in parts if isinstance(parts, list) else [message.get("content")]:
            self._part(part, role, about)
            about = {**about, "usage": None}

    def _part(self, part: Any, role: str, about: dict[str, Any]) -> None:
        part = {"type": "text", "content": part} if isinstance(part, str) else part
        part = part if isinstance(part, dict) else {"value": part}
        call_id = _text(part.get("id"))
        match part.get("type"):
            case "text" if role == "assistant":
                self.builder.message(content_text(part.get("content")), **about)
            case "text":
                actor = Actor.USER if role == "user" else Actor.SYSTEM
                self.builder.prompt(content_text(part.get("content")), actor, **about)
            case "reasoning" | "thinking":
                text = content_text(part.get("content"))
                seen = Visibility.FULL if text.strip() else Visibility.OMITTED
                self.builder.reasoning(text, seen, **about)
            case "tool_call":
                self.calls.add(f"call {call_id}")
                self.builder.call(
                    call_id, _text(part.get("name")), _arguments(part.get("arguments")), **about
                )
            case "tool_call_response":
                result = part.get("result", part.get("response"))
                self._result(call_id, content_text(result), about)
            case _:
                self.builder.add(StepKind.UNKNOWN, Actor.SYSTEM, extra={"record": part}, **about)

    def _tool(self, span: dict[str, Any], values: dict[str, Any], about: dict[str, Any]) -> None:
        call_id = _text(values.get("gen_ai.tool.call.id")) or about["native_id"]
        if f"call {call_id}" not in self.calls:
            self.calls.add(f"call {call_id}")
            self.builder.new_turn()
            arguments = values.get("gen_ai.tool.call.arguments", values.get("tool_arguments"))
            self.builder.call(call_id, _text(values.get("gen_ai.tool.name")), _arguments(arguments), **about)
        status = span.get("status")
        failed = isinstance(status, dict) and status.get("code") in (2, "STATUS_CODE_ERROR", "ERROR")
        result = values.get("gen_ai.tool.call.result", values.get("tool_response"))
        if result is not None or failed:
            self._result(call_id, content_text(result), about, failed)

    def _result(self, call_id: str, text: str, about: dict[str, Any], failed: bool = False) -> None:
        if f"result {call_id}" not in self.calls:
            self.calls.add(f"result {call_id}")
            self.builder.result(call_id, text, failed=failed, **about)


def _spans(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _spans(item)
    elif isinstance(value, dict) and "attributes" in value and "resourceSpans" not in value:
        yield value
    elif isinstance(value, dict):
        for resource in _dicts(value.get("resourceSpans")):
            for scope in _dicts(resource.get("scopeSpans")):
                yield from _dicts(scope.get("spans"))


def _attributes(attributes: Any) -> dict[str, Any]:
    """OTLP's list of key and typed value, or a plain object, as a plain object."""
    if isinstance(attributes, dict):
        return attributes
    values: dict[str, Any] = {}
    for item in _dicts(attributes):
        typed = item.get("value")
        values[str(item.get("key"))] = next(iter(typed.values()), None) if isinstance(typed, dict) else typed
    return values


def _messages(value: Any) -> list[dict[str, Any]]:
    return _dicts(_json(value))


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse(value)
    except ValueError:
        return value


def _arguments(value: Any) -> dict[str, Any]:
    value = _json(value)
    return value if isinstance(value, dict) else {} if value is None else {"arguments": value}


def _usage(values: dict[str, Any]) -> Usage | None:
    def count(key: str) -> int:
        value = values.get(f"gen_ai.usage.{key}", 0)
        return int(value) if str(value).isdecimal() else 0

    spent = Usage(count("input_tokens"), count("output_tokens"), count("reasoning.output_tokens"))
    return spent if spent != Usage() else None


def _start(span: dict[str, Any]) -> int:
    value = str(span.get("startTimeUnixNano") or span.get("start_time") or 0)
    return int(value) if value.isdecimal() and len(value) < 30 else 0


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
