"""The function tables: that they are sound, and that a call is known by the name it was written with."""

import pytest

from governance.syntax.sql import DIALECTS, Dialect, SqlContext, dialect_named, read
from governance.syntax.sql.calls import calls
from governance.syntax.sql.functions import Effect, entries, function_table


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
def test_every_dialect_has_a_table(dialect: Dialect) -> None:
    table = function_table(dialect)
    assert table.effect("lower") is Effect.PURE
    assert table.effect("no_such_function") is None


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
def test_what_the_engine_calls_pure_never_overrules_a_review(dialect: Dialect) -> None:
    table = function_table(dialect)
    for name, effect in entries(dialect.name):
        if "*" not in name and effect is not Effect.PURE:
            assert table.effect(name) is not Effect.PURE


EFFECTS = [
    ("postgres", "pg_sleep", Effect.SLEEP),
    ("postgres", "nextval", Effect.WRITES),
    ("postgres", "pg_stat_get_activity", Effect.INFO),
    ("postgres", "dblink_connect", Effect.READS),
    ("postgres", "pg_typeof", Effect.PURE),
    ("duckdb", "read_parquet", Effect.READS),
    ("duckdb", "mysql_query", Effect.READS),
    ("mysql", "load_file", Effect.READS),
    ("mysql", "sys_exec", Effect.CODE),
    ("snowflake", "system$cancel_query", Effect.WRITES),
    ("snowflake", "system$version", Effect.INFO),
    ("clickhouse", "url", Effect.READS),
    ("oracle", "dbms_lock.sleep", Effect.SLEEP),
    ("oracle", "dbms_anything.at_all", Effect.SESSION),
    ("trino", "pg.system.query", Effect.CODE),
    ("sqlite", "load_extension", Effect.SESSION),
]


@pytest.mark.parametrize(("dialect", "name", "effect"), EFFECTS)
def test_effects(dialect: str, name: str, effect: Effect) -> None:
    assert function_table(dialect_named(dialect)).effect(name) is effect


NAMES = [  # id, dialect, sql, calls as written
    ("typed by the parser", "postgres", "select date_trunc('day', a)", ["date_trunc"]),
    ("quoted", "postgres", 'select "pg_sleep"(1)', ["pg_sleep"]),
    ("qualified", "postgres", "select public.f(1)", ["public.f"]),
    ("on a value", "duckdb", "select 'a'.upper()", ["upper"]),
    ("on a value elsewhere", "postgres", "select (a).f()", ["(…).f"]),
    ("by a word alone", "postgres", "select current_user, user", ["current_user", "user"]),
    ("table function", "clickhouse", "select * from url('x')", ["url"]),
    ("in an order by", "postgres", "select 1 from t order by evil(1)", ["evil"]),
    ("in rows from", "postgres", "select * from rows from (nextval('s')) as x", ["nextval"]),
    ("safe prefix", "bigquery", "select safe.evil(1)", ["evil"]),
    ("net function", "bigquery", "select net.host(a)", ["net.host"]),
    ("package", "oracle", "select dbms_lock.sleep(1) from dual", ["dbms_lock.sleep"]),
]


@pytest.mark.parametrize(("dialect", "sql", "wanted"), [n[1:] for n in NAMES], ids=[n[0] for n in NAMES])
def test_calls_are_named_as_written(dialect: str, sql: str, wanted: list[str]) -> None:
    statement = read(sql, SqlContext(dialect)).statements[0]
    found = sorted(calls(statement), key=lambda call: call.start)
    assert [call.name for call in found if call.name not in ("cast",)] == wanted


def test_the_policy_can_vouch_for_a_function() -> None:
    statement = read("select my_udf(1)", SqlContext("duckdb", functions=("My_Udf",))).statements[0]
    assert [call.effect for call in calls(statement)] == [Effect.PURE]
