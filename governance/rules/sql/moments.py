"""Points and lengths of time as a condition writes them: dates as text, intervals, units, and the clock."""

import re
from datetime import date
from math import inf, isfinite

from governance.rules.sql.sizes import lasting


class Moment(float):
    """A point in time, in seconds since 1970."""


class Duration(float):
    """A length of time, in seconds."""


class DateText(str):
    """A literal that is a date: what it is compared with is a date too."""


DAY = 86_400.0
_DATE = re.compile(
    r"\s*([+-]?\d{4,6})-(\d\d?)-(\d\d?)(?:[T ](\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?"
    r"\s*(?:Z|UTC|[+-]\d\d(?::?\d\d)?)?)?\s*"
)
_COMPACT = re.compile(r"\s*(\d{4})(0[1-9]|1[0-2])([0-2]\d|3[01])\s*()()()")
_PART = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE)
_NAMED = {"infinity": inf, "-infinity": -inf, "epoch": 0.0}
_ABBREVIATED = {
    **{"yy": "year", "yyyy": "year", "y": "year", "qq": "quarter", "mm": "month", "m": "month"},
    **{"mon": "month", "sql_tsi_year": "year"},
    **{"wk": "week", "ww": "week", "dd": "day", "d": "day", "dy": "day", "hh": "hour", "h": "hour"},
    **{"mi": "minute", "n": "minute", "ss": "second", "s": "second", "ms": "millisecond"},
}  # fmt: skip


def moment(text: str) -> Moment | None:
    """The point in time that a text names; `None` when it names none."""
    word = text.strip().lower()
    if word in ("now", "today", "current_timestamp"):
        return NOW
    if word in _NAMED:
        return Moment(_NAMED[word])
    match = _DATE.fullmatch(text) or _COMPACT.fullmatch(text)
    if match is None:
        return None
    year, month, day, *clock = (int(part or 0) for part in match.groups())
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    seconds = sum(part * size for part, size in zip(clock, (3_600, 60, 1), strict=True))
    return Moment(_days(year, month, day) * DAY + seconds)


def written(at: Moment) -> str:
    """A point in time as engines write it."""
    found = day_of(at)
    if found is None:
        return "infinity"
    minutes, seconds = divmod(int(at % DAY), 60)
    return f"{found.isoformat()} {minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def day_of(at: Moment) -> date | None:
    """The day of a point in time; `None` where the calendar ends."""
    if not isfinite(at):
        return None
    number = int(at // DAY) + _EPOCH
    return date.fromordinal(number) if 1 <= number <= date.max.toordinal() else None


def interval(text: str, unit: str) -> Duration | None:
    """A length of time: a count with its unit, or a text that holds both, several times if need be."""
    if unit:
        parts = [(text, unit)]
    else:
        parts = _PART.findall(text)
    found = [lasting(count, _ABBREVIATED.get(name.lower(), name)) for count, name in parts]
    known = [seconds for seconds in found if seconds is not None]
    return Duration(sum(known)) if known and len(known) == len(found) else None


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970, also for years that Python's calendar does not have."""
    shifted = year - (month <= 2)
    era, within = divmod(shifted, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + within * 365 + within // 4 - within // 100 + of_year - 719_468


_EPOCH = date(1970, 1, 1).toordinal()
# Any noon of ours will do to tell what lies behind a query from what lies ahead of it, and a verdict
# must not change with the day on which it is given.
NOW = Moment(_days(2030, 1, 1) * DAY + DAY / 2)
