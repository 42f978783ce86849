"""Transcripts of coding agents, each format read into a Trace; the format is told by its content."""

import re
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any, BinaryIO

from governance.errors import UnreadableTrace
from governance.trace import Trace
from governance.transcripts import atif, claude_code, codex, otel_genai, pydantic_ai
from governance.transcripts.atif_export import to_atif
from governance.transcripts.records import Record, json_array, json_lines, parse

Reader = Callable[[bytes, str], Trace]

FORMATS = (claude_code.FORMAT, codex.FORMAT, pydantic_ai.FORMAT, atif.FORMAT, otel_genai.FORMAT)
_LINE_FORMATS: tuple[tuple[Callable[[Any], bool], Reader], ...] = (
    (codex.recognises, codex.read),
    (otel_genai.recognises, otel_genai.read),
    (claude_code.recognises, claude_code.read),
    (atif.recognises, atif.read),
)
_LOOK_AHEAD = 20
_ATIF_HEAD = re.compile(rb'\{\s*"schema_version"\s*:\s*"ATIF-')

__all__ = ["FORMATS", "documents", "read_trace", "read_traces", "to_atif"]


def read_trace(data: bytes, name: str = "") -> Trace:
    """The trace in these bytes. Raises UnreadableTrace, and nothing else, when there is none."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    reader = _reader(data)
    trace = reader(data, name) if reader else None
    if trace is None or not trace.steps:
        raise UnreadableTrace(
            f"{name or 'transcript'}: {_appearance(data)} in no known format",
            f"Export the session as one of: {', '.join(FORMATS)}.",
        )
    return trace


def read_traces(stream: BinaryIO) -> Iterator[Trace]:
    """Every trace of a file: one per line where the lines are ATIF trajectories, else the whole."""
    return map(read_trace, documents(stream))


def documents(stream: BinaryIO) -> Iterator[bytes]:
    """The transcripts of a file, one at a time, so that an archive never has to fit into memory."""
    ahead = list(islice(stream, _LOOK_AHEAD))
    if any(_is_trajectory(line) for line in ahead):
        yield from (line for line in chain(ahead, stream) if line.strip())
    else:
        yield b"".join(chain(ahead, stream))


def _reader(data: bytes) -> Reader | None:
    head = data[:4096].lstrip()
    if _ATIF_HEAD.match(head):
        return atif.read
    if head.startswith(b"["):
        return _list_reader(data)
    for index, item in enumerate(json_lines(data)):
        if isinstance(item, Record):
            for recognises, reader in _LINE_FORMATS:
                if recognises(item.value):
                    return reader
        if index >= _LOOK_AHEAD:
            break
    return _document_reader(data) if head.startswith(b"{") else None


def _list_reader(data: bytes) -> Reader | None:
    _, elements, _ = json_array(data)
    first = [element.value for element in elements[:_LOOK_AHEAD]]
    if any(map(pydantic_ai.recognises, first)):
        return pydantic_ai.read
    return otel_genai.read if any(map(otel_genai.recognises, first)) else None


def _document_reader(data: bytes) -> Reader | None:
    """A document over many lines, or one that breaks off: told by the members that are there."""
    members, steps, _ = json_array(data, "steps")
    if steps and (str(members.get("schema_version", "")).startswith("ATIF") or "agent" in members):
        return atif.read
    return otel_genai.read if otel_genai.recognises(members) else None


def _is_trajectory(line: bytes) -> bool:
    try:
        return atif.recognises(parse(line.decode("utf-8", "replace")))
    except ValueError:
        return False


def _appearance(data: bytes) -> str:
    if not data.strip():
        return "an empty file"
    if b"\x00" in data[:1024]:
        return f"{len(data)} bytes of binary data"
    return f"{len(data)} bytes of text"
