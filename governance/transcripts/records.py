"""From raw bytes to JSON records, each with the bytes it came from; what cannot be read is a gap."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from governance.trace import Gap, Span

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_WHITESPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Record:
    """One JSON value and the bytes that hold it."""

    value: Any
    span: Span


def parse(text: str) -> Any:
    """JSON to a value without lone surrogates. Raises ValueError, whatever is wrong with it."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return scrubbed(value) if "\\u" in text else value


def scrubbed(value: Any) -> Any:
    """The value with each lone surrogate replaced, so that no later step fails to encode it."""
    match value:
        case str():
            return _LONE_SURROGATE.sub("\ufffd", value)
        case list():
            return [scrubbed(item) for item in value]
        case dict():
            return {scrubbed(key): scrubbed(item) for key, item in value.items()}
    return value


def json_lines(data: bytes) -> Iterator[Record | Gap]:
    """The records of a JSONL file; blank lines belong to the record after them."""
    start = at = 0
    while at < len(data):
        newline = data.find(b"\n", at)
        end = len(data) if newline < 0 else newline + 1
        line = data[at:end]
        at = end
        if line.strip():
            yield _line_record(line, Span(start, end - start))
            start = end
    if start < len(data):
        yield Gap(Span(start, len(data) - start), "blank lines at the end")


def _line_record(line: bytes, span: Span) -> Record | Gap:
    try:
        value = parse(line.decode("utf-8", "replace"))
    except ValueError as error:
        return Gap(span, f"not JSON: {str(error)[:80]}")
    return Record(value, span) if isinstance(value, dict) else Gap(span, "a JSON value, but no record")


def json_array(data: bytes, key: str = "") -> tuple[dict[str, Any], list[Record], list[Gap]]:
    """The other members of a JSON document, and the elements of its array with their bytes.

    `key` names the member that holds the array; empty when the document is the array itself. A
    document that breaks off yields what came before, and a gap for the rest.
    """
    text = data.decode("utf-8", "replace")
    reader = _ArrayReader(text)
    try:
        reader.read(key)
        broken = ""
    except RecursionError:
        broken = "nested too deeply"
    except (ValueError, IndexError) as error:
        broken = f"breaks off or is not JSON: {str(error)[:80]}"
    ends = _byte_offsets(text, data, [end for _, end in reader.elements])
    records, start = [], 0
    for (value, _), end in zip(reader.elements, ends, strict=True):
        records.append(Record(value, Span(start, end - start)))
        start = end
    rest = Span(start, len(data) - start)
    if broken:
        return reader.members, records, [Gap(rest, broken)]
    if records:
        last = records[-1]
        records[-1] = Record(last.value, Span(last.span.offset, last.span.length + rest.length))
    return reader.members, records, [] if records else [Gap(rest, "a document without steps")]


class _ArrayReader:
    """Walks a document member by member, so that each element of one array has a place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.members: dict[str, Any] = {}
        self.elements: list[tuple[Any, int]] = []

    def read(self, key: str) -> None:
        if not key:
            self._array()
        else:
            self._members(key)
        self._skip()
        if self.at != len(self.text):
            raise ValueError(f"unexpected text at {self.at}")

    def _members(self, key: str) -> None:
        self._expect("{")
        if self._peek() == "}":
            self.at += 1
            return
        while True:
            name = self._value()
            self._expect(":")
            if name == key and self._peek() == "[" and not self.elements:
                self._array()
            else:
                self.members[str(name)] = self._value()
            if self._separator("}"):
                return

    def _array(self) -> None:
        self._expect("[")
        if self._peek() == "]":
            self.at += 1
            return
        while True:
            self.elements.append((self._value(), self.at))
            if self._separator("]"):
                return

    def _value(self) -> Any:
        self._skip()
        start = self.at
        value, self.at = _DECODER.raw_decode(self.text, self.at)
        return scrubbed(value) if self.text.find("\\u", start, self.at) >= 0 else value

    def _separator(self, close: str) -> bool:
        self._skip()
        mark = self.text[self.at]
        if mark not in (",", close):
            raise ValueError(f"expected , or {close} at {self.at}")
        self.at += 1
        return mark == close

    def _expect(self, mark: str) -> None:
        if self._peek() != mark:
            raise ValueError(f"expected {mark} at {self.at}")
        self.at += 1

    def _peek(self) -> str:
        self._skip()
        return self.text[self.at]

    def _skip(self) -> None:
        match = _WHITESPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at


def _byte_offsets(text: str, data: bytes, places: list[int]) -> list[int]:
    if len(text) == len(data):
        return places
    offsets, at, offset = [], 0, 0
    for place in places:
        offset += len(text[at:place].encode("utf-8"))
        at = place
        offsets.append(min(offset, len(data)))
    return offsets
