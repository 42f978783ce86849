"""Hostile text: nothing raises, nothing takes long, and nothing passes that cannot be read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.finding import Severity
from governance.statements import examine_sql
from governance.syntax.sql import DIALECTS, Profile, SqlContext
from tests.fuzzing.texts import DEEP, FRAGMENTS
from tests.fuzzing.trial import trial

NAMES = [dialect.name for dialect in DIALECTS]
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


@pytest.mark.parametrize("batch", range(20))
def test_a_thousand_mutations_and_sentences(batch: int) -> None:
    """Nothing raises, and nothing passes that its engine sees a write, a call or a foreign table in."""
    trials = [trial(seed=2026, number=1000 * batch + number) for number in range(1000)]
    assert [(one.number, one.flaw, one.text[:500]) for one in trials if one.flaw] == []
    assert sum(one.passed for one in trials) > 50  # else the witnesses were hardly asked


@pytest.mark.parametrize("dialect", ["postgres", "databricks", "bigquery"])
@pytest.mark.parametrize("name", DEEP)
def test_depth_and_length_end_in_a_verdict(name: str, dialect: str) -> None:
    findings = examine_sql(DEEP[name](), SqlContext(dialect))
    assert isinstance(findings, list)


DEEPEST = [  # what a parser needs the square of its length for, or a parser of its own; just too much of it
    ("select " + "(" * 151 + "1" + ")" * 151, "151 levels of brackets are more than the 150 that are judged"),
    ("select a" + "::int" * 10_001, "10,001 casts are more than the 10,000 that are judged"),
]


@pytest.mark.parametrize(("text", "reason"), DEEPEST, ids=["brackets", "casts"])
def test_more_than_a_parser_can_bear_is_not_given_to_it(text: str, reason: str) -> None:
    (finding,) = examine_sql(text, SqlContext("bigquery"))
    assert (finding.code, finding.message.startswith(reason)) == ("SQL008", True)


def test_brackets_side_by_side_and_in_literals_are_not_deep() -> None:
    assert examine_sql(f"select {'(1) + ' * 200}1, '{'(' * 300}'", SqlContext("duckdb")) == []


HALF = [  # statements that the parser takes without the half that rules would look at
    ("redshift", "delete from# orders using staging s where orders.id = s.id"),
    ("duckdb", "merge orders using customers using (id) when not matched by source then delete"),
    ("snowflake", "alter table orders swap"),
    ("bigquery", 'select * from `"p".d.INFORMATION_SCHEMA.COLUMNS`'),
]


@pytest.mark.parametrize(("dialect", "text"), HALF)
@pytest.mark.parametrize("profile", Profile)
def test_half_a_statement_crashes_no_rule(dialect: str, text: str, profile: Profile) -> None:
    findings = examine_sql(text, SqlContext(dialect, profile, ("orders",)))
    assert findings
    assert not [finding for finding in findings if finding.code == "GOV001"]


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
