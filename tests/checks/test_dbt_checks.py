"""Tests, unit tests and expectations that a change brings are judged as well: worthless ones beside honest ones."""

import pytest

from tests.benchmarks.dbt_checks import judged, misses, tables

pytestmark = pytest.mark.dbt


@pytest.mark.parametrize("table", ["restating", "unit"])
def test_worthless_checks_are_told_and_honest_ones_left_alone(table: str) -> None:
    cases = dict(tables())[table]
    assert list(misses(cases, judged(cases, "worthless"), judged(cases, "honest"))) == []
