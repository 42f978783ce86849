"""Trials of checks on damaged copies of a table, in a real DuckDB."""

import time
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from governance.adapters.trial import SqlTest, Trials, UnitTest

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


RANGE = "select * from orders where id not between {} and {}"


@pytest.mark.parametrize(
    ("low", "high", "noticed", "lax"),
    [(0, 8, 1, False), (-1000, 1000, 1, False), (-1_000_000, 1_000_000, 1, True), (-1e9, 1e9, 0, False)],
)
def test_a_range_far_from_the_data_notices_only_the_absurd(
    connection: Any, low: float, high: float, noticed: int, lax: bool
) -> None:
    answer = judged(connection, RANGE.format(low, high), column="id")
    assert (answer["noticed"], answer.get("lax", False)) == (noticed, lax)


def test_a_check_of_emptiness_is_not_lax(connection: Any) -> None:
    for sql in ("select 1 from orders having count(*) = 0", "select 1 from orders having count(id) = 0"):
        assert judged(connection, sql) | {"tried": 0} == {"tried": 0, "noticed": 1, "lax": False}


def restates(connection: Any, query: str, test: str) -> bool:
    relation = '"memory"."main"."made"'
    connection.execute(f"create or replace table {relation} as ({query})")
    check = SqlTest(test, (relation,))
    return Trials(connection).restates([(relation, query)], [ORDERS], lambda: check.fails(connection))


def test_a_test_that_follows_from_the_query_restates_it(connection: Any) -> None:
    query = "select id, id * 2 as twice, code from orders where id >= 0"
    assert restates(connection, query, "select * from made where twice <> id * 2")
    assert restates(connection, query, "select * from made where id < 0")
    assert not restates(connection, query, "select * from made where code is null")
    assert not restates(connection, query, "select * from made where twice > 100")
    assert connection.execute("select count(*), count(distinct id) from orders").fetchone() == (9, 9)
    broken = [('"memory"."main"."made"', "select * from no_such_table")]
    assert not Trials(connection).restates(broken, [ORDERS], lambda: False), "it could not be found out"


def test_constants_are_what_no_input_changes(connection: Any) -> None:
    query = "select 1 as fixed, id - id as none, 'EUR' as unit, least(id, 0) as low, code from orders"
    relation = '"memory"."main"."made"'
    connection.execute(f"create table {relation} as ({query})")
    found = Trials(connection).constants(relation, [(relation, query)], [ORDERS])
    assert found == {"fixed": False, "none": True, "unit": False}
    assert Trials(connection, seconds=0).constants(relation, [(relation, query)], [ORDERS]) == {}


@pytest.mark.parametrize(
    ("columns", "answer"),
    [
        (("n",), {"tried": 1, "noticed": 1, "lax": False}),
        (("id",), {"tried": 2, "noticed": 1, "lax": True}),
        (("one",), {"tried": 2, "noticed": 0}),
    ],
)
def test_unit_tests_notice_altered_queries(
    connection: Any, columns: tuple[str, ...], answer: dict[str, Any]
) -> None:
    query = "select 1 as one, 7 as id, {} as n"
    test = UnitTest(
        query.format(2), columns, (query.format(3),), (query.format(2).replace("7", "null"), "select")
    )
    assert Trials(connection).judge_unit(test) == answer
    broken = UnitTest("select no_such", columns, (query.format(3),))
    assert Trials(connection).judge_unit(broken) == {"tried": 0, "noticed": 0}
