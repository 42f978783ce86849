"""A pattern written anew for DuckDB finds in ASCII texts what Python finds."""

import re

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.adapters.pushdown.question import Leave
from governance.adapters.pushdown.regex import translated

ATOMS = [
    "a", "b", "A", "1", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", ".", r"\.", "[ab]", "[^ab]", r"[\d_]", r"[^\w-]", "[a-c1]",
    r"[\W1]", "^", "$", r"\A", r"\Z", r"\b", r"\-", "(a|b)", "(?:a|1)", "(?:^a|b$)", r"\n", " ", "_", "[]a]", "[.]", r"\x41",
]  # fmt: skip
REPEATS = ["", "", "", "*", "+", "?", "{2}", "{1,2}", "{,2}", "*?", "{2,}"]
CHARACTERS = "abA1 _-.\n\t\x1c\x7f]"


@st.composite
def patterns(draw: st.DrawFn) -> str:
    parts = st.tuples(st.sampled_from(ATOMS), st.sampled_from(REPEATS)).map("".join)
    return "|".join(
        "".join(part) for part in draw(st.lists(st.lists(parts, max_size=4), min_size=1, max_size=2))
    )


@settings(max_examples=300, deadline=None)
@given(patterns(), st.lists(st.text(CHARACTERS, max_size=6), min_size=1, max_size=12))
def test_the_same_texts_are_found(pattern: str, texts: list[str]) -> None:
    try:
        compiled, written = re.compile(pattern), translated(pattern)
    except (re.error, Leave):
        return
    query = "select list_transform(?, lambda text: regexp_matches(text, ?))"
    (found,) = duckdb.execute(query, [texts, written]).fetchone() or ([],)
    assert found == [compiled.search(text) is not None for text in texts], written


@pytest.mark.parametrize(
    "pattern",
    ["(?i)a", r"(a)\1", "a(?=b)", "(?<!a)b", "(?s:.)", "é", "a$b", r"\B", "(?>a)b", "a++", "a{2000}", "("],
)
def test_what_the_other_engine_does_not_know_is_left(pattern: str) -> None:
    with pytest.raises(Leave):
        translated(pattern)


@pytest.mark.parametrize(
    "pattern", [r"^A-\d{8}$", r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$", r"^(open|paid)$", r"\bid\b"]
)
def test_common_patterns_are_written_anew(pattern: str) -> None:
    assert translated(pattern)
