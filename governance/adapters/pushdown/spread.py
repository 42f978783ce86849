"""Sums, means, deviations and quantiles of a column, as intervals that hold pandas' figure and DuckDB's.

pandas adds floats up in an order of its own, so its last digits differ. Sums of integers are exact as
long as they fit into a float; for others the interval is as wide as rounding can make the difference.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from governance.adapters.pushdown.column import EXACT, Column, Family, literal
from governance.adapters.pushdown.question import Answer, Leave, Question
from governance.adapters.pushdown.table import Table

EPSILON = 2.0**-52
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spread:
    """How the values of a column lie: how many, their sum, and the sum of their sizes."""

    present: int
    sum: float
    size: float
    exact: bool

    @property
    def total(self) -> Interval:
        """The sum."""
        return widened(self.sum, 0 if self.exact else 2 * self.present * EPSILON * self.size)

    @property
    def mean(self) -> Interval:
        """The mean."""
        mean = self.sum / self.present
        return widened(mean, 0 if self.exact else 4 * EPSILON * self.size)

    def deviation(self, squares: float) -> Interval:
        """The sample's standard deviation, from the sum of squared distances from the mean."""
        if self.exact and squares == 0:
            return 0.0, 0.0
        shift = 8 * EPSILON * self.size
        blur = 8 * self.present * (EPSILON * squares + shift * shift) + shift * math.sqrt(squares) * EPSILON
        low, high = max(squares - blur, 0.0), squares + blur
        freedom = self.present - 1
        return math.sqrt(low / freedom) * (1 - 4 * EPSILON), math.sqrt(high / freedom) * (1 + 4 * EPSILON)


def ask_spread(table: Table, column: Column, judge: Callable[[int, Spread], Answer]) -> Question:
    """Ask for the spread of a column that has finite values."""
    number = column.number

    def judged(rows: int, present: int, total: float | None, size: float | None) -> Answer:
        total, size = total or 0.0, size or 0.0
        if not math.isfinite(size):
            raise Leave
        exact = size == 0 or (column.family is Family.INTEGER and size <= EXACT)
        return judge(rows, Spread(present, total, size, exact))

    return table.ask(
        (f"count({number})", f"sum({number})", f"sum(abs({number}))"), judged, column, empty=True
    )


def ask_deviation(table: Table, column: Column, judge: Callable[[int, Spread, Interval], Answer]) -> Question:
    """Ask for the spread and the standard deviation, which is no number for less than two values."""

    def first(rows: int, spread: Spread) -> Answer:
        if spread.present < 2:
            return judge(rows, spread, (math.nan, math.nan))
        distance = f"({column.number} - {literal(spread.sum / spread.present)})"

        def second(rows: int, squares: float) -> Answer:
            if not math.isfinite(squares):
                raise Leave
            return judge(rows, spread, spread.deviation(squares))

        return table.ask((f"sum({distance} * {distance})",), second, column)

    return ask_spread(table, column, first)


def ask_places(
    table: Table,
    column: Column,
    places: Callable[[int], Sequence[int]],
    judge: Callable[[int, int, list[float]], Answer],
) -> Question:
    """Ask for the values at places of the sorted column, from 0; `places` is told how many there are.

    numpy takes the difference of two neighbours in the column's own type, so it must not overflow there.
    """
    number = column.number

    def first(rows: int, present: int, steady: bool) -> Answer:
        if not present or not steady:
            raise Leave
        shares = ", ".join(repr((place + 0.5) / present) for place in places(present))

        def second(rows: int, values: list[float]) -> Answer:
            return judge(rows, present, values)

        return table.ask((f"quantile_disc({number}, [{shares}])",), second, column)

    return table.ask((f"count({number})", column.steady), first, column)


def widened(value: float, blur: float) -> Interval:
    """The interval around a value."""
    return value - blur, value + blur
