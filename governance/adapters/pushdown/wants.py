"""Arguments of an expectation, read one by one. An argument that nobody reads, or of an unexpected type,
leaves the expectation to Great Expectations, which may know it or say what is wrong with it."""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from importlib.util import find_spec
from typing import Any

from governance.adapters.pushdown.column import EXACT, Column, Family
from governance.adapters.pushdown.question import Leave
from governance.adapters.pushdown.table import Table

_ARROW = find_spec("pyarrow") is not None
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\Z")


class Wants:
    """The arguments of one expectation about a table."""

    def __init__(self, table: Table, arguments: Mapping[str, Any]) -> None:
        self.table = table
        self._left = dict(arguments)

    def close(self) -> None:
        """To be called when all is read that is understood."""
        if self._left:
            raise Leave

    def take(self, key: str, kind: type | tuple[type, ...]) -> Any:
        """An argument of this very type, or `None` when it is not given."""
        value = self._left.pop(key, None)
        if value is not None and (
            not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)
        ):
            raise Leave
        return value

    def given(self, key: str, kind: type | tuple[type, ...]) -> Any:
        """An argument of this type that must be given."""
        value = self.take(key, kind)
        if value is None:
            raise Leave
        return value

    def number(self, key: str) -> float | int | None:
        """A finite number that a float holds exactly."""
        value = self.take(key, (int, float))
        return None if value is None else _exact(value)

    def whole(self, key: str) -> int | None:
        """An integer."""
        value: int | None = self.take(key, int)
        return value

    def flag(self, key: str) -> bool:
        """A truth value, false when not given."""
        if self._left.get(key, False) is None:
            raise Leave
        return bool(self.take(key, bool))

    def mostly(self) -> float:
        """The share of rows that must meet the expectation."""
        value = self.number("mostly")
        value = 1.0 if value is None else float(value)
        if not 0 <= value <= 1:
            raise Leave
        return value

    def column(self, key: str = "column") -> Column:
        """The column of this name."""
        return self._settled(self.given(key, str))

    def columns(self) -> tuple[Column, ...]:
        """The columns of `column_list`: two at least, and none twice."""
        names = self.given("column_list", list)
        if len(names) < 2 or len({str(name) for name in names}) < len(names):
            raise Leave
        return tuple(self._settled(name) for name in names)

    def _settled(self, name: object) -> Column:
        column = self.table.column(name)
        if column.family is Family.TEXT and _ARROW:  # pandas then keeps texts in another way
            raise Leave
        return column

    def values(self, column: Column, key: str = "value_set") -> list[Any]:
        """A list of values that are of the column's own kind."""
        return [fitting(column, value) for value in self.given(key, list)]

    def bounds(self, column: Column | None = None) -> "Bounds":
        """The arguments min_value, max_value, strict_min and strict_max."""
        read = self.moment if column and column.family is Family.MOMENT else self.number
        return Bounds(read("min_value"), read("max_value"), self.flag("strict_min"), self.flag("strict_max"))

    def counts(self) -> "Bounds":
        """The same four, where the first two are integers."""
        least, most = self.whole("min_value"), self.whole("max_value")
        return Bounds(least, most, self.flag("strict_min"), self.flag("strict_max"))

    def moment(self, key: str) -> datetime | None:
        """A point in time, written with its seconds."""
        value: str | None = self.take(key, str)
        if value is None:
            return None
        if not _MOMENT.match(value):
            raise Leave
        try:
            return datetime.fromisoformat(value)
        except ValueError as error:
            raise Leave from error


class Bounds:
    """An interval, open or closed at each end."""

    def __init__(self, least: Any, most: Any, above: bool = False, below: bool = False) -> None:
        self.least, self.most, self.above, self.below = least, most, above, below

    @property
    def usable(self) -> bool:
        """Whether there is a bound at all, and the lower is not above the upper."""
        if self.least is None or self.most is None:
            return self.least is not self.most
        return bool(self.least <= self.most)

    def hold(self, value: Any) -> bool:
        """Whether they include a value."""
        low = self.least is None or (value > self.least if self.above else value >= self.least)
        high = self.most is None or (value < self.most if self.below else value <= self.most)
        return bool(low and high)

    def hold_all(self, low: float, high: float) -> bool | None:
        """Whether they include a value known to lie between two; `None` when that depends on where."""
        if math.isnan(low) or math.isnan(high):
            return None
        edges = [bound for bound in (self.least, self.most) if bound is not None]
        if low != high and any(low <= edge <= high for edge in edges):
            return None
        return self.hold(low)

    def sql(self, value: str, write: Any) -> str:
        """The condition that they include an SQL value; `write` makes SQL of a bound."""
        parts = []
        if self.least is not None:
            parts.append(f"{value} {'>' if self.above else '>='} {write(self.least)}")
        if self.most is not None:
            parts.append(f"{value} {'<' if self.below else '<='} {write(self.most)}")
        return " and ".join(parts) or "true"


def fitting(column: Column, value: Any) -> Any:
    """A value that compares with those of a column as it does in pandas."""
    match column.family:
        case Family.INTEGER | Family.REAL if isinstance(value, int | float) and not isinstance(value, bool):
            return _exact(value)
        case Family.TEXT if isinstance(value, str) and value.isprintable():
            return value
        case Family.FLAG if isinstance(value, bool):
            return value
    raise Leave


def _exact(value: float | int) -> float | int:
    if not math.isfinite(value) or (isinstance(value, int) and abs(value) > EXACT):
        raise Leave
    return value
