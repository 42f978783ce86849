"""Claude Code: session JSONL and `--output-format stream-json`, checked against CLI versions 1.x and 2.x.

Several lines share one message id and repeat its usage, tool results stand in user lines, and
sub-agents' lines are marked as sidechain.
"""

from typing import Any

from governance.trace import Actor, Source, Span, StepKind, Trace, Usage, Visibility
from governance.transcripts.builder import TraceBuilder
from governance.transcripts.records import Record, json_lines

FORMAT = "claude-code"


def recognises(value: Any) -> bool:
    """Whether a record is a line of such a transcript."""
    if not isinstance(value, dict) or "payload" in value:
        return False
    kind = value.get("type")
    known = ("user", "assistant", "system", "summary", "file-history-snapshot", "queue-operation", "progress")
    marks = ("sessionId", "session_id", "uuid", "leafUuid", "messageId", "snapshot")
    return kind in known and any(mark in value for mark in marks)


def read(data: bytes, name: str = "") -> Trace:
    """The trace of one session."""
    return _Reader().read(data, name)


class _Reader:
    def __init__(self) -> None:
        self.builder = TraceBuilder()
        self.seen_lines: set[str] = set()
        self.counted: set[str] = set()
        self.message = ""
        self.about: dict[str, str] = {}

    def read(self, data: bytes, name: str) -> Trace:
        for item in json_lines(data):
            if isinstance(item, Record):
                self._line(item.value, item.span)
            else:
                self.builder.gaps.append(item)
        source = Source(
            "claude-code",
            FORMAT,
            agent_version=self.about.get("version", ""),
            session_id=self.about.get("sessionId") or self.about.get("session_id", ""),
            model=self.about.get("model", ""),
        )
        return self.builder.build(source, data, name=name)

    def _line(self, line: dict[str, Any], span: Span) -> None:
        for key in ("version", "sessionId", "session_id"):
            if isinstance(line.get(key), str):
                self.about.setdefault(key, line[key])
        uuid = str(line.get("uuid") or "")
        if uuid and uuid in self.seen_lines:
            self.builder.unknown({"copy_of": uuid}, span)
            return
        self.seen_lines.add(uuid)
        before = len(self.builder.steps)
        message = line.get("message")
        if line.get("type") == "user" and isinstance(message, dict):
            self._user(line, message, span)
        elif line.get("type") == "assistant" and isinstance(message, dict):
            self._assistant(line, message, span)
        elif line.get("type") == "system" and line.get("subtype") == "compact_boundary":
            self.builder.add(StepKind.COMPACTION, Actor.SYSTEM, span=span, extra={"record": line})
        if len(self.builder.steps) == before:
            self.builder.unknown(line, span)

    def _parts(self, line: dict[str, Any], span: Span) -> dict[str, Any]:
        thread = str(line.get("agentId") or line.get("parent_tool_use_id") or "")
        return {
            "span": span,
            "timestamp": _text(line.get("timestamp")),
            "native_id": _text(line.get("uuid")),
            "thread": thread or ("sidechain" if line.get("isSidechain") is True else ""),
        }

    def _user(self, line: dict[str, Any], message: dict[str, Any], span: Span) -> None:
        parts, content = self._parts(line, span), message.get("content")
        if line.get("isCompactSummary"):
            self.builder.add(StepKind.COMPACTION, Actor.SYSTEM, text=block_text(content), **parts)
            return
        actor = Actor.SYSTEM if line.get("isMeta") else Actor.AGENT if parts["thread"] else Actor.USER
        for block in content if isinstance(content, list) else [content]:
            if isinstance(block, dict) and block.get("type") == "tool_result":
                text, failed = block_text(block.get("content")), block.get("is_error") is True
                self.builder.result(_text(block.get("tool_use_id")), text, failed=failed, **parts)
            elif isinstance(block, str) or (isinstance(block, dict) and block.get("type") == "text"):
                self.message = ""
                self.builder.prompt(block_text(block), actor, **parts)
            else:
                self.builder.unknown(block, span)

    def _assistant(self, line: dict[str, Any], message: dict[str, Any], span: Span) -> None:
        message_id = _text(message.get("id")) or _text(line.get("uuid"))
        if message_id != self.message or not message_id:
            self.builder.new_turn()
            self.message = message_id
        model = _text(message.get("model"))
        self.about.setdefault("model", model)
        parts = {**self._parts(line, span), "model": model}
        usage = None if message_id in self.counted else _usage(message.get("usage"))
        self.counted.add(message_id)
        content = message.get("content")
        for block in content if isinstance(content, list) else [content]:
            self._block(block, {**parts, "usage": usage})
            usage = None

    def _block(self, block: Any, parts: dict[str, Any]) -> None:
        kind = block.get("type") if isinstance(block, dict) else "text" if isinstance(block, str) else ""
        match kind:
            case "text":
                self.builder.message(block_text(block), **parts)
            case "thinking":
                text = _text(block.get("thinking"))
                self.builder.reasoning(text, _visibility(text, parts["model"]), **parts)
            case "redacted_thinking":
                self.builder.reasoning("", Visibility.ENCRYPTED, **parts)
            case "tool_use" | "server_tool_use":
                arguments = block.get("input")
                arguments = arguments if isinstance(arguments, dict) else {"input": arguments}
                self.builder.call(_text(block.get("id")), _text(block.get("name")), arguments, **parts)
            case _:
                self.builder.add(StepKind.UNKNOWN, Actor.AGENT, extra={"record": block}, **parts)


def _visibility(text: str, model: str) -> Visibility:
    """Since Claude 4 the thinking that a session stores is a summary made by the provider."""
    if not text.strip():
        return Visibility.OMITTED
    return Visibility.FULL if not model or "3-7" in model else Visibility.SUMMARY


def _usage(usage: Any) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    counts = {key: value for key, value in usage.items() if isinstance(value, int)}
    cached = counts.get("cache_read_input_tokens", 0)
    fresh = counts.get("input_tokens", 0) + counts.get("cache_creation_input_tokens", 0)
    return Usage(fresh + cached, counts.get("output_tokens", 0), 0, cached)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def block_text(content: Any) -> str:
    """The text of a content block, of a list of them, or of a plain string."""
    match content:
        case str():
            return content
        case list():
            return "\n".join(filter(None, map(block_text, content)))
        case {"text": str() as text}:
            return text
    return ""
