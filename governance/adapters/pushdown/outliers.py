"""Expectations about each value's distance from the rest: z-scores and outliers.

A value that lies so close to the limit that rounding decides is left to Great Expectations.
"""

import math

from governance.adapters.pushdown.column import NUMBERS, Column, literal
from governance.adapters.pushdown.question import Answer, Leave, Question, mapped
from governance.adapters.pushdown.spread import (
    EPSILON,
    Interval,
    Spread,
    ask_deviation,
    ask_places,
)
from governance.adapters.pushdown.wants import Wants


def z_scores(wants: Wants) -> Question:
    """expect_column_value_z_scores_to_be_less_than"""
    column, mostly = wants.column().of(*NUMBERS), wants.mostly()
    threshold, both = wants.number("threshold"), wants.given("double_sided", bool)
    if threshold is None:
        raise Leave
    limit = abs(threshold) if both else threshold

    def judge(rows: int, spread: Spread, deviation: Interval) -> Answer:
        if not deviation[0] > 0:
            raise Leave
        center, reach = _middle(spread.mean), _middle((limit * deviation[0], limit * deviation[1]))
        distance = f"({column.number} - {literal(center)})"
        distance = f"abs{distance}" if both else distance
        blur = _blur(spread.mean, deviation, limit, spread)
        return _beyond(wants, column, mostly, spread.present, distance, reach, blur)

    return ask_deviation(wants.table, column, judge)


def not_outliers(wants: Wants) -> Question:
    """expect_column_values_to_not_be_outliers"""
    column, mostly = wants.column().of(*NUMBERS), wants.mostly()
    method, multiplier = wants.take("method", str) or "iqr", wants.number("multiplier")
    factor = 1.5 if multiplier is None else multiplier
    if method not in ("iqr", "std") or factor < 0:
        raise Leave

    def by_deviation(rows: int, spread: Spread, deviation: Interval) -> Answer:
        if not deviation[0] > 0 or factor == 0:
            raise Leave
        distance = f"abs({column.number} - {literal(_middle(spread.mean))})"
        reach = _middle((factor * deviation[0], factor * deviation[1]))
        blur = _blur(spread.mean, deviation, factor, spread)
        return _beyond(wants, column, mostly, spread.present, distance, reach, blur)

    def by_quartiles(rows: int, present: int, values: list[float]) -> Answer:
        if not all(map(math.isfinite, values)):
            raise Leave
        first, third = _quartile(0.25, present, values[:2]), _quartile(0.75, present, values[2:])
        reach = factor * (third - first)
        size = max(abs(value) for value in values)
        distance = f"greatest({literal(first)} - {column.number}, {column.number} - {literal(third)})"
        return _beyond(wants, column, mostly, present, distance, reach, 32 * EPSILON * size * (1 + factor))

    if method == "std":
        return ask_deviation(wants.table, column, by_deviation)
    return ask_places(wants.table, column, _quartile_places, by_quartiles)


def _beyond(
    wants: Wants, column: Column, mostly: float, present: int, distance: str, reach: float, blur: float
) -> Question:
    """How many values lie farther out than `reach`; none may lie within `blur` of it."""
    outside = f"count(*) filter ({distance} > {literal(reach)})"
    unclear = f"count(*) filter (abs({distance} - {literal(reach)}) <= {literal(blur)} + 1e-300)"

    def judge(rows: int, unexpected: int, blurred: int) -> Answer:
        if blurred:
            raise Leave
        return mapped(rows, rows - present, unexpected, mostly)

    return wants.table.ask((outside, unclear), judge, column)


def _blur(mean: Interval, deviation: Interval, factor: float, spread: Spread) -> float:
    """How far rounding can move the limit or a value's distance from the mean."""
    wide = (mean[1] - mean[0]) + abs(factor) * (deviation[1] - deviation[0])
    size = spread.size + abs(factor) * deviation[1]
    return wide + 16 * EPSILON * size


def _middle(interval: Interval) -> float:
    return (interval[0] + interval[1]) / 2


def _quartile_places(present: int) -> tuple[int, ...]:
    return tuple(
        place
        for share in (0.25, 0.75)
        for place in (math.floor(share * (present - 1)), math.ceil(share * (present - 1)))
    )


def _quartile(share: float, present: int, around: list[float]) -> float:
    part = share * (present - 1) % 1
    return around[0] + part * (around[1] - around[0])
