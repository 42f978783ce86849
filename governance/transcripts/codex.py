"""Codex CLI rollouts, checked against the `{timestamp, type, payload}` layout.

Two logs are interleaved: the protocol (`response_item`) and what was displayed (`event_msg`). The
protocol is the record; the display counts only where the protocol is silent.
"""

import json
from typing import Any

from governance.trace import Actor, Choice, Source, Span, StepKind, Trace, Usage, Visibility
from governance.transcripts.builder import TraceBuilder
from governance.transcripts.claude_code import block_text
from governance.transcripts.records import Record, json_lines, parse

FORMAT = "codex"
_KINDS = ("session_meta", "turn_context", "response_item", "event_msg", "compacted")
_INJECTED = ("<environment_context>", "<user_instructions>", "# AGENTS.md", "<permissions", "<INSTRUCTIONS>")
_CALLS = ("function_call", "custom_tool_call", "local_shell_call", "web_search_call", "mcp_tool_call")


def recognises(value: Any) -> bool:
    """Whether a record is a line of such a transcript."""
    return isinstance(value, dict) and value.get("type") in _KINDS and isinstance(value.get("payload"), dict)


def read(data: bytes, name: str = "") -> Trace:
    """The trace of one rollout."""
    return _Reader().read(data, name)


class _Reader:
    def __init__(self) -> None:
        self.builder = TraceBuilder()
        self.meta: dict[str, Any] = {}
        self.model = ""
        self.spent = Usage()
        self.in_turn = False
        self.spoken: set[tuple[str, str]] = set()

    def read(self, data: bytes, name: str) -> Trace:
        items = list(json_lines(data))
        self.spoken = {key for item in items if isinstance(item, Record) for key in _spoken(item.value)}
        for item in items:
            if isinstance(item, Record):
                self._line(item.value, item.span)
            else:
                self.builder.gaps.append(item)
        source = Source(
            "codex",
            FORMAT,
            agent_version=_text(self.meta.get("cli_version")),
            session_id=_text(self.meta.get("id")),
            model=self.model,
        )
        return self.builder.build(source, data, name=name)

    def _line(self, line: dict[str, Any], span: Span) -> None:
        payload = line.get("payload")
        payload = payload if isinstance(payload, dict) else {}
        parts = {"span": span, "timestamp": _text(line.get("timestamp")), "model": self.model}
        before = len(self.builder.steps)
        match line.get("type"):
            case "session_meta":
                self.meta = payload
            case "turn_context":
                self.model = _text(payload.get("model")) or self.model
            case "response_item":
                self._protocol(payload, parts)
            case "event_msg":
                self._display(payload, parts)
            case "compacted":
                text = _text(payload.get("message"))
                self.builder.add(StepKind.COMPACTION, Actor.SYSTEM, text=text, **parts)
        if len(self.builder.steps) == before:
            self.builder.unknown(line, span)

    def _protocol(self, item: dict[str, Any], parts: dict[str, Any]) -> None:
        kind = _text(item.get("type"))
        if kind == "message":
            self._message(_text(item.get("role")), block_text(item.get("content")), parts)
        elif kind == "reasoning":
            self._reasoning(item, parts)
        elif kind in _CALLS:
            self._agent_turn()
            call_id = _text(item.get("call_id")) or _text(item.get("id"))
            name = _text(item.get("name")) or kind.removesuffix("_call")
            self.builder.call(call_id, name, _arguments(item), **parts)
        elif kind.endswith("_output"):
            text, code = _output(item.get("output"))
            failed = bool(code) or (
                isinstance(item.get("output"), dict) and item["output"].get("success") is False
            )
            code_part = {} if code is None else {"exit_code": code}
            self.builder.result(_text(item.get("call_id")), text, failed=failed, **code_part, **parts)
            self.in_turn = False

    def _message(self, role: str, text: str, parts: dict[str, Any]) -> None:
        if role == "assistant":
            self._agent_turn()
            self.builder.message(text, **parts)
            return
        self.in_turn = False
        injected = role != "user" or text.lstrip().startswith(_INJECTED)
        self.builder.prompt(text, Actor.SYSTEM if injected else Actor.USER, **parts)

    def _reasoning(self, item: dict[str, Any], parts: dict[str, Any]) -> None:
        self._agent_turn()
        full, summary = block_text(item.get("content")), block_text(item.get("summary"))
        if full:
            self.builder.reasoning(full, Visibility.FULL, **parts)
        elif summary:
            self.builder.reasoning(summary, Visibility.SUMMARY, **parts)
        else:
            hidden = Visibility.ENCRYPTED if item.get("encrypted_content") else Visibility.OMITTED
            self.builder.reasoning("", hidden, **parts)

    def _display(self, event: dict[str, Any], parts: dict[str, Any]) -> None:
        kind = _text(event.get("type"))
        if kind == "token_count":
            usage = self._spent_since(event.get("info"))
            self.builder.unknown({"type": "event_msg", "payload": event}, parts["span"], usage=usage)
        elif kind.endswith("_approval_request"):
            question = (
                _text(event.get("reason")) or f"may it run {event.get('command') or event.get('changes')}?"
            )
            choice = Choice("approval", "asked the user", ("approve", "deny"), question)
            self.builder.add(StepKind.CHOICE, Actor.AGENT, choice=choice, extra={"record": event}, **parts)
        elif kind == "turn_aborted":
            self.builder.add(StepKind.ERROR, Actor.USER, text=_text(event.get("reason")), **parts)
        elif kind == "error":
            self.builder.add(StepKind.ERROR, Actor.SYSTEM, text=_text(event.get("message")), **parts)
        elif (shown := _shown(event)) and shown not in self.spoken:
            self._message("assistant" if shown[0] == "assistant" else "user", shown[1], parts)

    def _agent_turn(self) -> None:
        if not self.in_turn:
            self.builder.new_turn()
            self.in_turn = True

    def _spent_since(self, info: Any) -> Usage | None:
        total = info.get("total_token_usage") if isinstance(info, dict) else None
        if not isinstance(total, dict):
            return None
        count = {key: value for key, value in total.items() if isinstance(value, int)}
        now = Usage(
            count.get("input_tokens", 0),
            count.get("output_tokens", 0),
            count.get("reasoning_output_tokens", 0),
            count.get("cached_input_tokens", 0),
        )
        past, self.spent = self.spent, now
        return Usage(
            max(0, now.input - past.input),
            max(0, now.output - past.output),
            max(0, now.reasoning - past.reasoning),
            max(0, now.cached - past.cached),
        )


def _spoken(line: dict[str, Any]) -> list[tuple[str, str]]:
    payload = line.get("payload")
    if (
        line.get("type") != "response_item"
        or not isinstance(payload, dict)
        or payload.get("type") != "message"
    ):
        return []
    return [(_text(payload.get("role")), block_text(payload.get("content")).strip())]


def _shown(event: dict[str, Any]) -> tuple[str, str] | None:
    roles = {"user_message": "user", "agent_message": "assistant"}
    role = roles.get(_text(event.get("type")))
    return (role, _text(event.get("message")).strip()) if role else None


def _arguments(item: dict[str, Any]) -> dict[str, Any]:
    """Function arguments are JSON inside a string; other calls carry a plain input or an action."""
    raw = item.get("arguments", item.get("input", item.get("action")))
    if isinstance(raw, dict):
        return raw
    if isinstance(raw, str) and "arguments" in item:
        try:
            value = parse(raw)
        except ValueError:
            return {"arguments": raw}
        return value if isinstance(value, dict) else {"arguments": value}
    return {"input": raw}


def _output(output: Any) -> tuple[str, int | None]:
    """The text and exit code of a result, which may be JSON inside a string."""
    if isinstance(output, str) and output.startswith("{"):
        try:
            output = parse(output)
        except ValueError:
            return str(output), None
    if isinstance(output, dict):
        metadata = output.get("metadata")
        code = metadata.get("exit_code") if isinstance(metadata, dict) else None
        text = output.get("output", output.get("content"))
        shown = text if isinstance(text, str) else block_text(text) or json.dumps(output)
        return shown, code if isinstance(code, int) else None
    return output if isinstance(output, str) else block_text(output), None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
