"""pydantic-ai message lists (`result.all_messages_json()`), checked against version 2.68.

New part kinds appear with almost every release; those we do not know are kept as they are.
"""

import json
from typing import Any

from governance.trace import Actor, ResultStatus, Source, Span, StepKind, Trace, Usage, Visibility
from governance.transcripts.builder import TraceBuilder
from governance.transcripts.records import json_array, parse

FORMAT = "pydantic-ai"
_OUTCOMES = {
    "failed": ResultStatus.ERROR,
    "retried": ResultStatus.ERROR,
    "denied": ResultStatus.DENIED,
    "interrupted": ResultStatus.INTERRUPTED,
}


def recognises(value: Any) -> bool:
    """Whether a record is one message of such a list."""
    return isinstance(value, dict) and value.get("kind") in ("request", "response") and "parts" in value


def read(data: bytes, name: str = "") -> Trace:
    """The trace of one message list."""
    _, messages, gaps = json_array(data)
    reader = _Reader()
    reader.builder.gaps.extend(gaps)
    for message in messages:
        reader.message(message.value, message.span)
    source = Source("pydantic-ai", FORMAT, session_id=reader.conversation, model=reader.model)
    return reader.builder.build(source, data, name=name)


class _Reader:
    def __init__(self) -> None:
        self.builder = TraceBuilder()
        self.model = ""
        self.conversation = ""
        self.instructions = ""

    def message(self, message: Any, span: Span) -> None:
        before = len(self.builder.steps)
        if isinstance(message, dict):
            self.conversation = self.conversation or _text(
                message.get("conversation_id") or message.get("run_id")
            )
            self._instructions(_text(message.get("instructions")), span)
            response = message.get("kind") == "response"
            if response:
                self.builder.new_turn()
                self.model = _text(message.get("model_name")) or self.model
            parts = message.get("parts")
            usage = _usage(message.get("usage"))
            for part in parts if isinstance(parts, list) else []:
                about = {"span": span, "timestamp": _text(message.get("timestamp")), "usage": usage}
                self._part(part, {**about, "model": self.model if response else ""})
                usage = None
        if len(self.builder.steps) == before:
            self.builder.unknown(message, span)

    def _instructions(self, text: str, span: Span) -> None:
        if text and text != self.instructions:
            self.instructions = text
            self.builder.prompt(text, Actor.SYSTEM, span=span)

    def _part(self, part: Any, about: dict[str, Any]) -> None:
        kind = _text(part.get("part_kind")) if isinstance(part, dict) else ""
        call_id = _text(part.get("tool_call_id")) if isinstance(part, dict) else ""
        match kind:
            case "system-prompt":
                self.builder.prompt(content_text(part.get("content")), Actor.SYSTEM, **about)
            case "user-prompt":
                self.builder.prompt(content_text(part.get("content")), Actor.USER, **about)
            case "text":
                self.builder.message(content_text(part.get("content")), **about)
            case "thinking":
                text = _text(part.get("content"))
                self.builder.reasoning(text, _visibility(text, part), **about)
            case "tool-call" | "builtin-tool-call" | "native-tool-call":
                self.builder.call(
                    call_id, _text(part.get("tool_name")), _arguments(part.get("args")), **about
                )
            case "tool-return" | "builtin-tool-return" | "native-tool-return":
                status = _OUTCOMES.get(_text(part.get("outcome")))
                self.builder.result(call_id, content_text(part.get("content")), status=status, **about)
            case "retry-prompt":
                text = content_text(part.get("content"))
                self.builder.result(call_id, text, failed=True, **about)
            case _:
                self.builder.add(StepKind.UNKNOWN, Actor.SYSTEM, extra={"record": part}, **about)


def _visibility(text: str, part: dict[str, Any]) -> Visibility:
    if text.strip():
        return Visibility.FULL
    return Visibility.ENCRYPTED if part.get("signature") else Visibility.OMITTED


def _arguments(args: Any) -> dict[str, Any]:
    if isinstance(args, str):
        try:
            args = parse(args)
        except ValueError:
            return {"arguments": args}
    return args if isinstance(args, dict) else {} if args is None else {"arguments": args}


def _usage(usage: Any) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    count = {key: value for key, value in usage.items() if isinstance(value, int)}
    spent = Usage(
        count.get("input_tokens", 0),
        count.get("output_tokens", 0),
        count.get("output_reasoning_tokens", 0),
        count.get("cache_read_tokens", 0),
    )
    return spent if spent != Usage() else None


def content_text(content: Any) -> str:
    """A content as text: strings and text blocks as they are, everything else as JSON."""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and content:
        blocks = [item.get("text") if isinstance(item, dict) else item for item in content]
        texts = [text for text in blocks if isinstance(text, str)]
        if len(texts) == len(blocks):
            return "\n".join(texts)
    return "" if content is None else json.dumps(content, ensure_ascii=False, default=str)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
