"""Expectations about one figure of a whole column: extremes, sum, mean, deviation, quantiles."""

import math
from typing import Any

from governance.adapters.pushdown.column import NUMBERS, Family
from governance.adapters.pushdown.question import Answer, Found, Leave, Question, known
from governance.adapters.pushdown.spread import Interval, Spread, ask_deviation, ask_places, ask_spread
from governance.adapters.pushdown.wants import Wants

_CLOSE, _CLOSER = 1e-4, 1e-8


def minimum(wants: Wants) -> Question:
    """expect_column_min_to_be_between"""
    return _extreme(wants, "min")


def maximum(wants: Wants) -> Question:
    """expect_column_max_to_be_between"""
    return _extreme(wants, "max")


def _extreme(wants: Wants, function: str) -> Question:
    column = wants.column().of(*NUMBERS, Family.MOMENT)
    bounds = wants.bounds(column)
    value = f"{column.sql}::timestamp" if column.family is Family.MOMENT else column.number

    def judge(rows: int, found: Any) -> Answer:
        if found is None and column.family is Family.MOMENT:
            raise Leave
        return Found(found is not None and bounds.hold(found))

    return wants.table.ask((f"{function}({value})",), judge, column, empty=True)


def total(wants: Wants) -> Question:
    """expect_column_sum_to_be_between"""
    column, bounds = wants.column().of(*NUMBERS), wants.bounds()

    def judge(rows: int, spread: Spread) -> Answer:
        return Found(known(bounds.hold_all(*spread.total)))

    return ask_spread(wants.table, column, judge)


def mean(wants: Wants) -> Question:
    """expect_column_mean_to_be_between"""
    column, bounds = wants.column().of(*NUMBERS), wants.bounds()

    def judge(rows: int, spread: Spread) -> Answer:
        return Found(spread.present > 0 and known(bounds.hold_all(*spread.mean)))

    return ask_spread(wants.table, column, judge)


def deviation(wants: Wants) -> Question:
    """expect_column_stdev_to_be_between"""
    column, bounds = wants.column().of(*NUMBERS), wants.bounds()

    def judge(rows: int, spread: Spread, found: Interval) -> Answer:
        return Found(spread.present > 1 and known(bounds.hold_all(*found)))

    return ask_deviation(wants.table, column, judge)


def median(wants: Wants) -> Question:
    """expect_column_median_to_be_between"""
    column, bounds = wants.column().of(*NUMBERS), wants.bounds()

    def judge(rows: int, present: int, values: list[float]) -> Answer:
        middle = (values[0] + values[1]) / 2
        if not math.isfinite(middle):
            raise Leave
        return Found(bounds.hold(middle))

    return ask_places(wants.table, column, lambda present: ((present - 1) // 2, present // 2), judge)


def quantiles(wants: Wants) -> Question:
    """expect_column_quantile_values_to_be_between: the value nearest to each quantile, compared loosely."""
    column, ranges = wants.column().of(*NUMBERS), wants.given("quantile_ranges", dict)
    shares, limits = ranges.get("quantiles"), ranges.get("value_ranges")
    if set(ranges) != {"quantiles", "value_ranges"} or not _pairs(shares, limits):
        raise Leave

    def judge(rows: int, present: int, values: list[float]) -> Answer:
        within = [known(_near(value, *limit)) for value, limit in zip(values, limits, strict=True)]
        return Found(all(within))

    return ask_places(wants.table, column, lambda present: [_place(s, present) for s in shares], judge)


def _pairs(shares: Any, limits: Any) -> bool:
    if (
        not isinstance(shares, list)
        or not isinstance(limits, list)
        or len(shares) != len(limits)
        or not shares
    ):
        return False
    pairs = all(isinstance(limit, list) and len(limit) == 2 and _finite(limit) for limit in limits)
    return pairs and _finite(shares) and all(0 <= s <= 1 for s in shares) and all(a <= b for a, b in limits)


def _finite(values: list[Any]) -> bool:
    return all(type(value) in (int, float) and math.isfinite(value) for value in values)


def _place(share: float, present: int) -> int:
    exact = share * (present - 1)
    if abs(exact % 1 - 0.5) < 1e-6:  # halfway between two values
        raise Leave
    return round(exact)


def _near(value: float, low: float, high: float) -> bool | None:
    """Whether a value lies between two, or as close to one as Great Expectations forgives."""
    if not math.isfinite(value):
        return None
    if low <= value <= high:
        return True
    beyond = min(abs(value - edge) / (_CLOSER + _CLOSE * abs(edge)) for edge in (low, high))
    return None if abs(beyond - 1) < 1e-9 else beyond < 1
