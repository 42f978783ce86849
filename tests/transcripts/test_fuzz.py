"""Whatever the bytes: a trace that accounts for all of them, or UnreadableTrace, and nothing else."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import UnreadableTrace
from governance.monitor import monitor
from governance.transcripts import read_trace, to_atif

FIXTURES = sorted((Path(__file__).parent / "fixtures").iterdir())
BYTES = {path.name: path.read_bytes() for path in FIXTURES}


def read(data: bytes) -> None:
    try:
        trace = read_trace(data)
    except UnreadableTrace:
        return
    spans = [s.span for s in trace.steps if s.span] + [g.span for g in trace.capture.gaps]
    counted = bytearray(trace.raw_bytes)
    for span in spans:
        counted[span.offset : span.offset + span.length] = b"\x01" * span.length
    assert len(counted) == trace.raw_bytes
    assert all(counted)
    for step in trace.steps:
        step.text.encode("utf-8")
    to_atif(trace)
    assert not [f for f in monitor(trace).findings if f.code == "GOV001"]


@pytest.mark.parametrize("name", BYTES)
@settings(max_examples=60, deadline=None)
@given(cut=st.floats(0, 1))
def test_truncated_anywhere(name: str, cut: float) -> None:
    data = BYTES[name]
    read(data[: int(len(data) * cut)])


@pytest.mark.parametrize("name", BYTES)
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_shuffled_lines_and_flipped_bytes(name: str, seed: int) -> None:
    chance = random.Random(seed)
    lines = BYTES[name].splitlines(keepends=True)
    if name.endswith(".jsonl"):
        chance.shuffle(lines)
    data = bytearray(b"".join(lines))
    for _ in range(chance.randrange(6)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    read(bytes(data))


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    read(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    "type",
    "payload",
    "message",
    "content",
    "uuid",
    "sessionId",
    "parts",
    "kind",
    "steps",
    "agent",
    "role",
)


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(
        ["user", "assistant", "system", "response_item", "event_msg", "request", "response"]
    ),
    record=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8),
)
def test_known_records_with_values_of_any_type(kind: str, record: dict[str, object]) -> None:
    import json

    line = json.dumps({"sessionId": "s", "payload": {}, **record, "type": kind, "kind": kind}).encode()
    read(line)
    read(b"[" + line + b"]")
    read(b'{"schema_version":"ATIF-v1.8","steps":[' + line + b"]}")
    read(b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + line + b"]}]}]}")
