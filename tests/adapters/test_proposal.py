"""Suites proposed from the data of a table: they hold on it, and say neither secrets nor what will move."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from governance.adapters.proposal import propose
from governance.adapters.pushdown import Table, judge

ORDERS = """
select range as order_id, 'open' as status, range * 1.5 as amount, range % 7 - 3 as balance,
  if(range % 4 = 0, null, 'note ' || range) as note, date '2020-01-01' + range::int as day,
  range % 3 as customer_id, range % 2 = 0 as paid
from range(40)
"""


@pytest.fixture
def connection() -> Iterator[Any]:
    with duckdb.connect() as connection:
        yield connection


def table(connection: Any, folder: Path, query: str) -> Table:
    file = folder / "table.parquet"
    connection.execute(f"copy ({query}) to '{file}' (format parquet)")
    return Table.of_file(connection, str(file))


def proposed(connection: Any, folder: Path, query: str) -> dict[tuple[str, str], dict[str, Any]]:
    found = propose(connection, table(connection, folder, query))
    return {(asked["type"][7:], asked["kwargs"].get("column", "")): asked["kwargs"] for asked in found}


@pytest.mark.parametrize(
    "query", [ORDERS, "select -0.001 as a, 'x' as b", "select null::int as a from range(3)"]
)
def test_all_that_is_proposed_holds(connection: Any, tmp_path: Path, query: str) -> None:
    built = table(connection, tmp_path, query)
    found = judge(connection, built, propose(connection, built))
    assert [answer.success for answer in found if answer] == [True] * len(found)


def test_what_is_proposed_for_each_kind_of_column(connection: Any, tmp_path: Path) -> None:
    found = proposed(connection, tmp_path, ORDERS)
    assert found["table_row_count_to_be_between", ""] == {"min_value": 20, "max_value": 80}
    assert ("column_values_to_be_unique", "order_id") in found
    assert ("column_values_to_be_unique", "amount") not in found
    assert found["column_values_to_be_in_set", "status"]["value_set"] == ["open"]
    assert found["column_values_to_be_between", "amount"] == {
        "column": "amount",
        "min_value": 0,
        "max_value": 65,
    }
    assert found["column_values_to_be_between", "balance"]["min_value"] == -4
    assert found["column_values_to_not_be_null", "note"]["mostly"] == 0.7
    assert ("column_value_lengths_to_be_between", "note") in found
    assert ("column_values_to_be_between", "customer_id") not in found
    assert ("column_values_to_be_between", "day") not in found


def test_a_secret_is_not_proposed_as_a_value(connection: Any, tmp_path: Path) -> None:
    key = "sk-ant-" + "a1B2" * 8
    found = proposed(connection, tmp_path, f"select '{key}' as setting from range(30)")
    assert ("column_values_to_be_in_set", "setting") not in found
    assert key not in str(found)


def test_no_rows_suggest_nothing(connection: Any, tmp_path: Path) -> None:
    assert propose(connection, table(connection, tmp_path, "select 1 as a where false")) == []
