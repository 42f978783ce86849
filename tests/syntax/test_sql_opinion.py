"""The second opinion: two readings of PostgreSQL agree on honest text, and a difference is a problem."""

from dataclasses import replace

import pytest

from governance.syntax.sql import SqlContext, Trouble, read
from governance.syntax.sql.native import native_reading
from governance.syntax.sql.opinion import disagreements

HONEST = (
    "select a, count(*) from public.orders o join customers using (id) where extract(year from o.d) = 2024 group by a",
    "with recursive R as (select 1 as n union all select n + 1 from r where n < 9) select * from r",
    "select substring(a from 1 for 2), overlay(a placing 'x' from 1), position('a' in b), trim(both from c) from t",
    "select a::date, b ->> 'k', c between 1 and 2, d at time zone 'utc', e similar to 'x' from \"T\"",
    "insert into t (a) select b from u on conflict (a) do update set a = excluded.a returning a",
)


@pytest.mark.parametrize("sql", HONEST)
def test_honest_text_is_read_alike(sql: str) -> None:
    assert list(disagreements(read(sql, SqlContext("postgres")))) == []


def test_the_engine_names_what_we_name() -> None:
    reading = native_reading(read("select pg_sleep(1) from s.t", SqlContext("postgres")))
    assert reading is not None
    assert (reading.statements, reading.tables, reading.functions) == (1, {"s.t"}, {"pg_sleep"})


BLINDED = [  # id, what the engine is given, what we read instead
    ("another table", "select * from secret", "select * from orders"),
    ("another call", "select pg_sleep(1)", "select lower('a')"),
    ("another statement", "select 1; select 2", "select 1"),
]


@pytest.mark.parametrize(("text", "ours"), [b[1:] for b in BLINDED], ids=[b[0] for b in BLINDED])
def test_what_only_the_engine_sees_is_a_problem(text: str, ours: str) -> None:
    script = replace(read(ours, SqlContext("postgres")), text=text)
    assert [problem.trouble for problem in disagreements(script)] == [Trouble.DISAGREEMENT]


def test_what_the_engine_cannot_parse_it_cannot_run() -> None:
    script = read("select {'a': 1}", SqlContext("postgres"))
    assert list(disagreements(script)) == []


DEEP = [
    "select a" + "::int" * 50_000,
    "select * from a" + " join a on true" * 9_000,
    "select 1" + " + 1" * 900,
]


@pytest.mark.parametrize("text", DEEP, ids=["casts", "joins", "a sum"])
def test_what_is_too_deep_for_the_engine_has_no_second_reading(text: str) -> None:
    assert native_reading(read(text, SqlContext("postgres"))) is None


def test_other_dialects_have_no_native_parser_here() -> None:
    assert native_reading(read("select 1", SqlContext("snowflake"))) is None
