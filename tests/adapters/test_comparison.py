"""Two builds of a relation compared by counts, in a real DuckDB."""

from typing import Any

import duckdb
import pytest

from governance.adapters.comparison import compare

BASE = "select range as id, range * 10 as amount from range(10)"


def compared(before: str, now: str, key: str = "") -> dict[str, Any]:
    with duckdb.connect() as connection:
        connection.execute(f"create table before as {before}")
        connection.execute(f"create table now as {now}")
        return compare(connection, "before", "now", key)


def test_values_that_all_change_are_seen_without_a_key() -> None:
    found = compared(BASE, "select range as id, range * 20 + 5 as amount from range(10)")
    assert found["columns"]["amount"]["changed"] == 10
    assert found["columns"]["id"]["changed"] == 0


def test_rows_that_are_only_more_change_no_value() -> None:
    found = compared(BASE, BASE.replace("range(10)", "range(13)"))
    assert found["rows"] == [10, 13]
    assert found["columns"]["amount"]["changed"] == 0


@pytest.mark.parametrize(
    "before",
    [
        "select case when range > 4 then range end as id, range as amount from range(10)",
        "select range % 3 as id, range as amount from range(10)",
    ],
    ids=["nulls", "repeated"],
)
def test_a_column_that_does_not_name_each_row_is_no_key(before: str) -> None:
    found = compared(before, before.replace("range as amount", "-range as amount"), "id")
    assert found["lost"] is None
    assert found["columns"]["amount"]["changed"] == 9


def test_a_key_of_another_type() -> None:
    found = compared(BASE, "select 'k' || range as id, range * 10 as amount from range(10)", "ID")
    assert (found["lost"], found["gained"]) == (10, 10)
    found = compared(BASE, "select range::varchar as id, range * 10 as amount from range(10)", "id")
    assert (found["lost"], found["gained"]) == (0, 0)


def test_nested_values_and_empty_tables() -> None:
    nested = "select range as id, {'a': [range]} as s, map {'k': range} as m from range(3)"
    assert compared(nested, nested, "id")["columns"]["m"]["changed"] == 0
    assert compared(f"{BASE} where false", BASE, "id")["gained"] == 10
