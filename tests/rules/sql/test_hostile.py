"""Hostile text: nothing raises, nothing takes long, and nothing passes that cannot be read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.finding import Severity
from governance.statements import examine_sql
from governance.syntax.sql import DIALECTS, Profile, SqlContext

NAMES = [dialect.name for dialect in DIALECTS]
FRAGMENTS = (
    *(
        "select ",
        "from ",
        "where ",
        "union ",
        "with x as (",
        "(",
        ")",
        ",",
        ";",
        "'",
        '"',
        "`",
        "[",
        "]",
        "{",
        "}",
    ),
    *(
        "--",
        "/*",
        "*/",
        "#",
        "//",
        "$$",
        "\\",
        "\n",
        "\r",
        "\x00",
        "\u200b",
        "\u202e",
        "@",
        "::",
        "->",
        ":",
        "?",
    ),
    *(
        "a",
        "b ",
        "1",
        "f(",
        "delete from t ",
        "drop table t",
        "into ",
        "exec ",
        "values ",
        "lateral ",
        "as ",
        "=",
        "|",
    ),
    *(
        "{{",
        "{%",
        "/*!",
        "/*+",
        "%",
        "*",
        ".",
        "q'",
        "E'",
        "case when ",
        "end ",
        "over (",
        "interval ",
        "not ",
        "-",
    ),
)

contexts = st.builds(
    SqlContext,
    dialect=st.sampled_from([*NAMES, "nonsense", ""]),
    profile=st.sampled_from(list(Profile)),
    tables=st.sampled_from([None, (), ("a",), ("",), ('"',)]),
)
fragments = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join)


@settings(max_examples=3000, deadline=None)
@given(fragments, contexts)
def test_grammar_in_pieces_never_raises(text: str, context: SqlContext) -> None:
    findings = examine_sql(text, context)
    assert all(finding.message and finding.code for finding in findings)
    assert not [f for f in findings if f.code in ("GOV001", "GOV005") and "RecursionError" in f.message]


@settings(max_examples=1500, deadline=None)
@given(st.text(max_size=80), contexts)
def test_any_text_never_raises(text: str, context: SqlContext) -> None:
    examine_sql(text, context)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(NAMES))
def test_bytes_read_as_latin_never_raise(data: bytes, dialect: str) -> None:
    examine_sql(data.decode("latin-1"), SqlContext(dialect))


@settings(max_examples=1000, deadline=None)
@given(st.sampled_from(NAMES), st.integers(0, 10**6), st.sampled_from(FRAGMENTS))
def test_a_write_hides_behind_no_mutation(dialect: str, place: int, piece: str) -> None:
    """Whatever is put into a statement that deletes, it is refused: it still deletes, or it is broken."""
    text = "select a from t; delete from t where a = 1"
    at = place % (len(text) + 1)
    mutated = text[:at] + piece + text[at:]
    assert any(f.severity >= Severity.MEDIUM for f in examine_sql(mutated, SqlContext(dialect))) or not (
        _still_deletes(mutated, dialect)
    )


def _still_deletes(text: str, dialect: str) -> bool:
    """Whether the deletion is code for a reader that knows nothing but semicolons and comments."""
    before, whole, _ = text.partition("delete from t")
    quiet = not any(mark in before for mark in ("--", "#", "//", "/*", "'", '"', "`", "[", "$$", "q'", "E'"))
    return quiet and bool(whole)


DEEP = [  # id, text
    ("200 parentheses", "select " + "(" * 200 + "1" + ")" * 200),
    ("5,000 parentheses", "select " + "(" * 5_000 + "1" + ")" * 5_000),
    ("50,000 times not", "select " + "not " * 50_000 + "1"),
    ("50,000 minus signs", "select " + "- " * 50_000 + "1"),
    ("3,000 cases", "select " + "case when 1 then " * 3_000 + "1" + " end" * 3_000),
    ("20,000 ors", "select 1 from t where " + " or ".join(["a = 1"] * 20_000)),
    ("20,000 unions", " union all ".join(["select 1"] * 20_000)),
    ("1 MB literal", "select '" + "x" * 1_000_000 + "'"),
    ("1 MB comment", "select 1 /*" + "x" * 1_000_000 + "*/"),
    ("100,000 quotes", "select " + "'" * 100_000),
    ("100,000 open comments", "select 1 " + "/*" * 100_000),
    ("5,000 empty comments", "select 1" + "/**/" * 5_000),
    ("200,000 empty comments", "select 1" + "/**/" * 200_000),
    ("100,000 comment lines", "select 1" + "\n--" * 100_000),
    ("50,000 casts", "select a" + "::int" * 50_000),
    ("50,000 dots", "select a" + ".a" * 50_000),
    ("3,000 ctes", "with " + ", ".join(f"c{n} as (select 1)" for n in range(3_000)) + " select * from c1"),
    ("10,000 statements", "select 1;" * 10_000),
    ("10,000 functions", "select " + ", ".join(["evil(1)"] * 10_000)),
]


@pytest.mark.parametrize("dialect", ["postgres", "duckdb", "mysql"])
@pytest.mark.parametrize("text", [d[1] for d in DEEP], ids=[d[0] for d in DEEP])
def test_depth_and_length_end_in_a_verdict(text: str, dialect: str) -> None:
    findings = examine_sql(text, SqlContext(dialect))
    assert isinstance(findings, list)


def test_more_comments_than_a_parser_can_bear_are_not_given_to_it() -> None:
    many = "select 1" + "/**/" * 5_001
    (finding,) = examine_sql(many, SqlContext("postgres"))
    assert finding.code == "SQL008"
    assert finding.message.startswith("5,001 comments are more than the 5,000 that are judged")


@pytest.mark.parametrize(
    "text", ["select (((", "select 1 1 1", "selec 1", "select from", ")", "select 'a", "/*"]
)
@pytest.mark.parametrize("dialect", NAMES)
def test_what_does_not_parse_is_blocked(text: str, dialect: str) -> None:
    assert any(f.severity >= Severity.HIGH for f in examine_sql(text, SqlContext(dialect)))
