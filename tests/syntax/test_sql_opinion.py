"""The second opinion: two readings agree on honest text, and a difference is a problem."""

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


HONEST_DUCKDB = (
    "from orders select region, sum(amount) group by all having sum(amount) > 1 order by all",
    "with recursive R as (select 1 as n union all select n + 1 from r where n < 9) select * from r",
    "select [x + 1 for x in list_value(1, 2)], {'a': 1}.a, list_transform(l, lambda x: x + 1) from S.\"T\"",
    "select * exclude (a) replace (b + 1 as b) from t asof join u on t.d >= u.d",
    "select columns('a.*'), count(*) filter (where b), max(a) over w from t window w as (partition by c) qualify w1 = 1",
    "select 1 in (select id from t), a ilike 'x%', d::date, extract(year from d), b ->> '$.k' from t tablesample 10%",
)


HONEST_SQLITE = (
    "with recursive r(n) as (select 1 union all select n + 1 from r where n < 9) select * from r, orders",
    "select count(*), group_concat(o.Id, ','), date(day) from Orders o where day like '2%' group by day",
    "select * from (select id from main.orders union select id from customers) order by 1 limit 3",
    "insert into orders (id) select id from customers where true on conflict do nothing",
)
SCHEMA = {"orders": {"id": "int", "day": "text"}, "main.customers": {"id": "int"}}


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [("sqlite", sql) for sql in HONEST_SQLITE]
    + [("postgres", sql) for sql in HONEST]
    + [("redshift", sql) for sql in (*HONEST[:1], "select i.sku from orders o, o.items i")]
    + [("duckdb", sql) for sql in HONEST_DUCKDB],
)
def test_honest_text_is_read_alike(dialect: str, sql: str) -> None:
    script = read(sql, SqlContext(dialect, schema=SCHEMA))
    assert script.problems == []
    assert native_reading(script) is not None
    assert list(disagreements(script)) == []


def test_the_engine_names_what_we_name() -> None:
    reading = native_reading(read("select pg_sleep(1) from s.t", SqlContext("postgres")))
    assert reading is not None
    assert (reading.statements, reading.tables, reading.functions) == (1, {"s.t"}, {"pg_sleep"})


BLINDED = [  # id, what the engine is given, what we read instead
    ("another table", "select * from secret", "select * from orders"),
    ("another call", "select getenv('x'), pg_sleep(1)", "select lower('a')"),
    ("another statement", "select 1; select 2", "select 1"),
    (
        "a write",
        "with a as (delete from orders returning *) select 1 from a",
        "select 1 from a join orders on true",
    ),
]


SQLITE_BLINDED = [
    ("another table", "select id from customers", "select id from orders"),
    ("another call", "select randomblob(9), load_extension('x')", "select lower('a')"),
    ("another statement", "select 1; select 2", "select 1"),
    ("a write", "delete from orders", "select id, day from orders"),
]


@pytest.mark.parametrize(
    ("text", "ours"), [b[1:] for b in SQLITE_BLINDED], ids=[b[0] for b in SQLITE_BLINDED]
)
def test_what_only_sqlite_sees_is_a_problem(text: str, ours: str) -> None:
    script = replace(read(ours, SqlContext("sqlite", schema=SCHEMA)), text=text)
    assert [problem.trouble for problem in disagreements(script)] == [Trouble.DISAGREEMENT]


def test_sqlite_has_no_reading_without_the_tables() -> None:
    assert native_reading(read("select 1", SqlContext("sqlite"))) is None
    assert native_reading(read("select * from other", SqlContext("sqlite", schema=SCHEMA))) is None


@pytest.mark.parametrize("dialect", ["postgres", "duckdb"])
@pytest.mark.parametrize(("text", "ours"), [b[1:] for b in BLINDED], ids=[b[0] for b in BLINDED])
def test_what_only_the_engine_sees_is_a_problem(dialect: str, text: str, ours: str) -> None:
    script = replace(read(ours, SqlContext(dialect)), text=text)
    assert [problem.trouble for problem in disagreements(script)] == [Trouble.DISAGREEMENT]


def test_a_second_opinion_runs_nothing(tmp_path) -> None:
    for sql in (
        f"copy (select 1) to '{tmp_path}/a'",
        f"attach '{tmp_path}/b'",
        "select * from query('select 1')",
    ):
        native_reading(read(sql, SqlContext("duckdb")))
    assert list(tmp_path.iterdir()) == []


def test_what_the_engine_cannot_parse_it_cannot_run() -> None:
    script = read("select {'a': 1}", SqlContext("postgres"))
    assert list(disagreements(script)) == []


DEEP = [
    "select a" + "::int" * 50_000,
    "select * from a" + " join a on true" * 9_000,
    "select 1" + " + 1" * 900,
]


@pytest.mark.parametrize("text", DEEP, ids=["casts", "joins", "a sum"])
@pytest.mark.parametrize("dialect", ["postgres", "duckdb"])
def test_what_is_too_deep_for_the_engine_has_no_second_reading(text: str, dialect: str) -> None:
    assert native_reading(read(text, SqlContext(dialect))) is None


def test_other_dialects_have_no_native_parser_here() -> None:
    assert native_reading(read("select 1", SqlContext("snowflake"))) is None
