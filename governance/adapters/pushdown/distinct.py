"""Expectations about the distinct values of a column: how many, which, and the most common."""

from typing import Any

from governance.adapters.pushdown.column import NUMBERS, Column, Family, literal
from governance.adapters.pushdown.question import Answer, Found, Leave, Listing, Question
from governance.adapters.pushdown.wants import Wants

_HASHED = (Family.INTEGER, Family.REAL, Family.TEXT, Family.FLAG, Family.MOMENT)


def distinct_count(wants: Wants) -> Question:
    """expect_column_unique_value_count_to_be_between"""
    column = wants.column().of(*_HASHED)
    bounds = wants.counts()

    def judge(rows: int, distinct: int) -> Answer:
        return Found(bounds.hold(distinct))

    return wants.table.ask((_distinct(column),), judge, empty=True)


def distinct_share(wants: Wants) -> Question:
    """expect_column_proportion_of_unique_values_to_be_between"""
    column, bounds = wants.column().of(*_HASHED), wants.bounds()

    def judge(rows: int, present: int, distinct: int) -> Answer:
        return Found(bounds.hold(distinct / present if present else 0))

    return wants.table.ask((f"count({column.sql})", _distinct(column)), judge, empty=True)


def present_share(wants: Wants) -> Question:
    """expect_column_proportion_of_non_null_values_to_be_between"""
    column, bounds = wants.column().of(*_HASHED), wants.bounds()

    def judge(rows: int, present: int) -> Answer:
        return Found(bounds.hold(present / rows if rows else 0))

    return wants.table.ask((f"count({column.sql})",), judge, empty=True)


def distinct_in_set(wants: Wants) -> Question:
    """expect_column_distinct_values_to_be_in_set"""
    return _sets(wants, ("unexpected_count",))


def distinct_contain_set(wants: Wants) -> Question:
    """expect_column_distinct_values_to_contain_set"""
    return _sets(wants, ("missing_count",))


def distinct_equal_set(wants: Wants) -> Question:
    """expect_column_distinct_values_to_equal_set"""
    return _sets(wants, ("unexpected_count", "missing_count"))


def _sets(wants: Wants, told: tuple[str, ...]) -> Question:
    column = wants.column().of(*NUMBERS, Family.TEXT, Family.FLAG)
    values = set(wants.values(column))
    if not values:
        raise Leave
    listed = ", ".join(literal(value) for value in values)
    compared = column.number if column.family in NUMBERS else column.sql

    def judge(rows: int, distinct: int, shared: int) -> Answer:
        counts = {"unexpected_count": distinct - shared, "missing_count": len(values) - shared}
        return Found(not any(counts[key] for key in told), {key: counts[key] for key in told})

    shared = f"count(distinct {column.sql}) filter ({compared} in ({listed}))"
    return wants.table.ask((_distinct(column), shared), judge, column, empty=True)


def most_common(wants: Wants) -> Question:
    """expect_column_most_common_value_to_be_in_set"""
    column = wants.column().of(*NUMBERS, Family.TEXT)
    values, ties = set(wants.values(column)), wants.take("ties_okay", bool)
    value = column.number if column.family in NUMBERS else column.sql

    def judge(found: list[tuple[Any, ...]]) -> Answer:
        shared = len(values & {common for (common,) in found})
        return Found(shared > 0 if ties else len(found) == 1 and shared == 1)

    counted = f"select {value} as _gx_value, count(*) as _gx_number from {wants.table.relation}"
    common = (
        f"select _gx_value from ({counted} where {value} is not null group by _gx_value)"
        " qualify _gx_number = max(_gx_number) over ()"
    )

    def first(rows: int, present: int) -> Answer:
        if not present:
            raise Leave
        return Listing(common, judge)

    return wants.table.ask((f"count({column.sql})",), first, column)


def _distinct(column: Column) -> str:
    return f"count(distinct {column.sql})"
