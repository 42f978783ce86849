"""Trials of checks on damaged copies of a table, in a real DuckDB."""

import time
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from governance.adapters.trial import SqlTest, Trials

ORDERS = '"memory"."main"."orders"'


@pytest.fixture
def connection() -> Iterator[Any]:
    with duckdb.connect() as connection:
        connection.execute("create table orders as select range as id, range::varchar as code from range(9)")
        yield connection


def judged(connection: Any, sql: str, relation: str = ORDERS, **fields: Any) -> dict[str, int]:
    test = SqlTest(sql, (relation,), **fields)
    return Trials(connection).judge(test.relations, test.column, lambda: test.fails(connection))


def test_a_test_that_cannot_run_on_damaged_data_notices(connection: Any) -> None:
    assert judged(connection, "select * from orders where code::int < 0", column="code")["noticed"] == 1
    assert connection.execute("select count(distinct code) from orders").fetchone() == (9,)


@pytest.mark.parametrize(
    ("alarms", "noticed"),
    [(("!= 0",), 1), (("> 1000000",), 0), (("> 1000000", "!= 0"), 1), (("< 0",), 0)],
)
def test_failures_below_the_threshold_are_not_noticed(
    connection: Any, alarms: tuple[str, ...], noticed: int
) -> None:
    answer = judged(connection, "select * from orders where id is null", alarms=alarms)
    assert answer["noticed"] == noticed
    assert answer["tried"]


def test_nothing_to_count_is_no_alarm(connection: Any) -> None:
    sql = "select 1 as n from orders where false"
    assert judged(connection, sql, count="sum(n)")["noticed"] == 0


def test_names_with_dots_and_quotes(connection: Any) -> None:
    for kind in ("table", "view"):
        connection.execute(f'create {kind} "a.""b{kind}" as select * from orders')
        relation = f'"memory"."main"."a.""b{kind}"'
        assert judged(connection, f"select * from {relation} where id is null", relation)["noticed"] == 1
        assert judged(connection, f"select * from {relation} where false", relation)["tried"] > 5


def test_a_fault_that_takes_for_ever_ends_with_the_budget(connection: Any) -> None:
    connection.execute("create table big as select range as id from range(300000)")
    relation = '"memory"."main"."big"'
    sql = "select 1 from big a join big b using (id) where hash(a.id + b.id) = 0"
    test = SqlTest(sql, (relation,))
    started = time.monotonic()
    trials = Trials(connection, seconds=2)
    for _ in range(3):
        answer = trials.judge((relation,), "id", lambda: test.fails(connection))
        assert answer == {"tried": 0, "noticed": 0}
    assert time.monotonic() - started < 20
    assert connection.execute("select count(distinct id) from big").fetchone() == (300_000,)
