"""What SQL's operators and plain functions give for values, as far as all engines agree on it.

A value is a number, a text, a truth, a moment, a duration, or `None`. `Mismatch` says that no such row
exists, as when a text is compared with a number.
"""

import re
from collections.abc import Callable
from math import ceil, floor, fmod

from governance.rules.sql.moments import DAY, DateText, Duration, Moment, day_of, moment, written

Value = float | str | bool | tuple["Value", ...] | None
_LONGEST_PATTERN, _MOST_WILDCARDS, _LONGEST_TEXT = 40, 3, 8
# Counted repetitions and classes would need texts that nobody tries; these patterns a few texts can break.
_PLAIN_PATTERN = re.compile(r"(?:[\^$.*+?()|\w @/-]|\\[sSdDwW]|\[\\s\\S\]|\[\\d\\D\]|\[\\w\\W\])*")


class Mismatch(Exception):
    """The values are of kinds that no row brings together."""


class Undecided(Exception):
    """The value exists, and finding it would cost too much: nobody can tell."""


def order(one: Value, other: Value) -> int:
    """-1, 0 or 1 as one value lies before, with or behind another. Raises Mismatch."""
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        orders = [order(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
        return next((found for found in orders if found), 0)
    left, right = _alike(one, other)
    return -1 if left < right else int(left != right)  # type: ignore[operator]


def truth(value: Value) -> bool | None:
    """A value taken for a condition. Raises Mismatch for a text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float) and not isinstance(value, (Moment, Duration)):
        return value != 0
    raise Mismatch


def number(value: Value) -> float:
    """A value as a number. Raises Mismatch."""
    if isinstance(value, Duration):
        return value / DAY  # Engines without intervals count days.
    if isinstance(value, (tuple, Moment)) or value is None:
        raise Mismatch
    try:
        return float(value)
    except ValueError:
        raise Mismatch from None


def text(value: Value) -> str:
    """A value as a text. Raises Mismatch."""
    if isinstance(value, Moment):
        return written(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else str(value)
    if isinstance(value, str):
        return str(value)
    raise Mismatch


def when(value: Value) -> Moment:
    """A value as a point in time. Raises Mismatch."""
    found = value if isinstance(value, Moment) else moment(value) if isinstance(value, str) else None
    if found is None:
        raise Mismatch
    return found


def added(one: Value, other: Value, sign: float = 1.0) -> Value:
    """`one + other`, or `one - other`: numbers, texts that are joined, dates and what is counted to them."""
    if isinstance(one, Moment) or isinstance(other, Moment):
        if isinstance(one, Moment) and isinstance(other, Moment):
            return Duration(one - other)
        at, by = (one, other) if isinstance(one, Moment) else (other, one)
        return Moment(float(at) + sign * (by if isinstance(by, Duration) else number(by) * DAY))  # type: ignore[arg-type]
    if isinstance(other, Duration):
        return Moment(float(when(one)) + sign * other) if isinstance(one, str) else Duration(number(one))
    if isinstance(one, str) and isinstance(other, str) and sign > 0:
        return one + other
    return number(one) + sign * number(other)


def like(value: Value, pattern: Value, any_case: bool = False) -> bool:
    """`value LIKE pattern`. Raises Undecided for a pattern that would be costly to try."""
    said, wanted = text(value), text(pattern)
    if wanted.count("%") > _MOST_WILDCARDS or len(wanted) > _LONGEST_PATTERN or "\\" in wanted:
        raise Undecided
    parts = (".*" if char == "%" else "." if char == "_" else re.escape(char) for char in wanted)
    return re.fullmatch("".join(parts), said, re.DOTALL | (re.IGNORECASE if any_case else 0)) is not None


def matches(value: Value, pattern: Value, whole: bool = False, any_case: bool = False) -> bool:
    """Whether a regular expression finds something. Raises Undecided for one that is more than plain."""
    said, wanted = text(value), text(pattern)
    repeats = sum(wanted.count(char) for char in "*+?")
    if len(wanted) > _LONGEST_PATTERN or repeats > _MOST_WILDCARDS or not _PLAIN_PATTERN.fullmatch(wanted):
        raise Undecided
    if len(said) > _LONGEST_TEXT:
        raise Mismatch  # Shorter texts tell as much.
    try:
        tried = re.compile(wanted, re.DOTALL | (re.IGNORECASE if any_case else 0))
    except re.error:
        raise Undecided from None
    return (tried.fullmatch(said) if whole else tried.search(said)) is not None


def part(unit: str, value: Value) -> Value:
    """A part of a date, `extract(year from value)`. Raises Mismatch for what is no part of the calendar."""
    day = day_of(when(value))
    if day is None:
        raise Mismatch
    parts: dict[str, Callable[[], int]] = {
        "year": lambda: day.year,
        "quarter": lambda: (day.month + 2) // 3,
        "month": lambda: day.month,
        "day": lambda: day.day,
        "epoch": lambda: int(when(value)),
    }
    found = parts.get(unit.lower().removesuffix("s"))
    if found is None:
        raise Mismatch
    return float(found())


def arithmetic(apply: Callable[[float, float], float]) -> Callable[[Value, Value], Value]:
    """An operator on two numbers; what cannot be computed is an error in every engine, or null."""

    def computed(one: Value, other: Value) -> Value:
        try:
            result = apply(number(one), number(other))
        except (ZeroDivisionError, OverflowError, ValueError):
            raise Mismatch from None
        if not isinstance(result, float):
            raise Mismatch
        return result

    return computed


def remainder(one: float, other: float) -> float:
    """`one % other` of whole numbers, with the sign of the first as in SQL. Raises ValueError for others."""
    if one != int(one) or other != int(other):
        raise ValueError
    return fmod(one, other)


def rounded(kind: str, value: Value) -> Value:
    """`round`, `floor`, `ceil` and `trunc` of a number; the day of a moment."""
    if isinstance(value, Moment):
        return Moment(value // DAY * DAY)
    apply: dict[str, Callable[[float], float]] = {"floor": floor, "ceil": ceil, "round": round, "trunc": int}
    return float(apply[kind](number(value)))


def _alike(one: Value, other: Value) -> tuple[object, object]:
    if isinstance(one, tuple) or isinstance(other, tuple) or one is None or other is None:
        raise Mismatch
    if isinstance(one, Moment) or isinstance(other, Moment):
        return float(when(one)), float(when(other))
    if isinstance(one, str) and isinstance(other, str):
        if isinstance(one, DateText) or isinstance(other, DateText):
            return float(when(one)), float(when(other))
        return one, other
    texts = [item for item in (one, other) if isinstance(item, str)]
    if texts and (isinstance(texts[0], DateText) or isinstance(one, bool) or isinstance(other, bool)):
        raise Mismatch
    return number(one), number(other)
