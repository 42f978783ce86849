"""What DuckDB judges has Great Expectations' own result: on random tables, compared with itself.

GOVERNANCE_EQUAL_TABLES asks for more tables than the tests take time for.
"""

import os
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.adapters.great_expectations import Engine
from governance.adapters.pushdown import QUESTIONS, Found, Table, judge
from tests.adapters.pushdown.asked import Drawn, tables
from tests.adapters.pushdown.asking import ARGUMENTS, expectations

TABLES = int(os.environ.get("GOVERNANCE_EQUAL_TABLES", "70"))
KINDS = sorted(QUESTIONS)

pytestmark = pytest.mark.xdist_group("great expectations")


@cache
def engine() -> Engine:
    warnings.simplefilter("ignore")
    return Engine()


def test_arguments_are_drawn_for_every_question() -> None:
    assert len(KINDS) >= 40
    assert sorted(ARGUMENTS) == KINDS


def both(table: Drawn, asked: list[Any], folder: Path) -> list[tuple[Found | None, dict[str, Any]]]:
    """What DuckDB says of expectations, and what Great Expectations does."""
    with duckdb.connect() as connection:
        file = folder / "table.parquet"
        connection.execute(f"copy ({table.query}) to '{file}' (format parquet)")
        found = judge(connection, Table.of_file(connection, str(file)), asked)
        frame = connection.execute(f"select * from read_parquet('{file}')").df()
    return list(zip(found, engine().judge(frame, asked), strict=True))


def same(expectation: Any, found: Found, outcome: dict[str, Any]) -> None:
    result = outcome["result"]
    theirs = (outcome["state"], result.get("success"), result.get("result"))
    ours = ("met" if found.success else "failed", found.success, found.result)
    assert repr(theirs) == repr(ours), (expectation, outcome["reason"])


@pytest.mark.parametrize(
    ("kind", "values", "expectation"),
    [  # found by more random tables than the tests have time for
        (
            "SMALLINT",
            (4, -32768, 32767, 2),
            {"type": "expect_column_values_to_not_be_outliers", "kwargs": {}},
        ),
        ("INTEGER", (2**31 - 1, -(2**31)), {"type": "expect_column_values_to_be_increasing", "kwargs": {}}),
        ("DATE", (None, None), {"type": "expect_column_min_to_be_between", "kwargs": {}}),
        ("DOUBLE", ("inf", "inf", "1"), {"type": "expect_column_values_to_be_increasing", "kwargs": {}}),
        ("DOUBLE", (-0.0, 0.0, "nan"), {"type": "expect_column_values_to_be_unique", "kwargs": {}}),
    ],
)
def test_odd_values(tmp_path: Path, kind: str, values: tuple[Any, ...], expectation: Any) -> None:
    asked = {"type": expectation["type"], "kwargs": {"column": "a", **expectation["kwargs"]}}
    ((found, outcome),) = both(Drawn((("a", kind, values),)), [asked], tmp_path)
    if found is not None:
        same(asked, found, outcome)


@settings(max_examples=TABLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_equal_or_left(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    table = data.draw(tables())
    kinds = data.draw(st.lists(st.sampled_from(KINDS), min_size=10, max_size=10))
    asked = [data.draw(expectations(table, kind)) for kind in kinds]
    folder = tmp_path_factory.getbasetemp()
    for expectation, (found, outcome) in zip(asked, both(table, asked, folder), strict=True):
        if found is not None:
            same(expectation, found, outcome)
