"""How long a series is, from its bounds and its step, as far as the text alone tells."""

import re
from datetime import date

from sqlglot import exp

_DEEPEST = 20
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DURATION = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*([a-z]+)\s*", re.IGNORECASE)
_DAY = 86_400.0
_SECONDS = {
    **{"nanosecond": 1e-9, "microsecond": 1e-6, "millisecond": 1e-3, "second": 1.0, "minute": 60.0},
    **{"hour": 3_600.0, "day": _DAY, "week": 7 * _DAY, "month": 28 * _DAY, "quarter": 90 * _DAY},
    **{"year": 365 * _DAY, "decade": 3_650 * _DAY, "century": 36_500 * _DAY, "millennium": 365_000 * _DAY},
    **{"centuries": 36_500 * _DAY, "millennia": 365_000 * _DAY, "min": 60.0, "sec": 1.0},
}  # fmt: skip
# Where a query says "now": any year of ours will do to tell a series of days from one of microseconds.
_NOW = date(2030, 1, 1).toordinal() * _DAY
_CLOCKS = (exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentDatetime, exp.CurrentTime, exp.Localtimestamp)
_LATER = (exp.Add, exp.DateAdd, exp.TimestampAdd, exp.DatetimeAdd, exp.TsOrDsAdd)
_EARLIER = (exp.Sub, exp.DateSub, exp.TimestampSub, exp.DatetimeSub)


def length(start: exp.Expr | None, end: exp.Expr | None, step: exp.Expr | None) -> float | None:
    """Rows from `start` to `end` by `step`; `None` when the text does not tell, as with `max(day)`."""
    if end is None:
        return None
    first, last = number(start) if start else 0.0, number(end)
    if first is not None and last is not None:
        by = number(step) if step else 1.0
        return abs(last - first) / abs(by) if by else None
    by = duration(step) if step else _DAY
    begun, ended = moment(start) if start else 0.0, moment(end)
    if by is None or begun is None or ended is None:
        return None
    return abs(ended - begun) / abs(by) if by else None


def within(text: str, step: exp.Expr | None) -> float | None:
    """Parts of a range of time written as a literal, `[2024-01-01, 2025-01-01)`; endless when unbounded."""
    ends = [_days(*match.groups()) for match in _DATE.finditer(text)]
    by = duration(step) if step else _DAY
    if "unbounded" in text.lower():
        return float("inf")
    return (max(ends) - min(ends)) / by if ends and by else None


def number(node: exp.Expr | None, depth: int = _DEEPEST) -> float | None:
    """The value of a constant expression such as `power(10, 12)::bigint` or `1 << 34`."""
    if node is None or depth == 0:
        return None
    if isinstance(node, exp.Literal):
        try:
            return None if node.is_string else float(node.name)
        except ValueError:
            return None
    if isinstance(node, (exp.Paren, exp.Cast, exp.Neg)):
        inner = number(node.this, depth - 1)
        return -inner if inner is not None and isinstance(node, exp.Neg) else inner
    if not isinstance(node, (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Pow, exp.BitwiseLeftShift)):
        return None
    left, right = number(node.this, depth - 1), number(node.expression, depth - 1)
    return None if left is None or right is None else _computed(node, left, right)


def _computed(node: exp.Expr, left: float, right: float) -> float | None:
    try:
        if isinstance(node, exp.Add):
            return left + right
        if isinstance(node, exp.Sub):
            return left - right
        if isinstance(node, exp.Mul):
            return left * right
        if isinstance(node, exp.Div):
            return left / right
        power = left**right if isinstance(node, exp.Pow) else left * 2.0**right
    except OverflowError:
        return float("inf")
    except ZeroDivisionError:
        return None
    return power if isinstance(power, float) else None


def duration(node: exp.Expr | None) -> float | None:
    """Seconds of an interval, however it is written: `interval 1 second`, `'1 second'::interval`."""
    if isinstance(node, (exp.Cast, exp.Paren)):
        return duration(node.this)
    if isinstance(node, exp.Neg):
        return duration(node.this)
    if isinstance(node, exp.Interval):
        unit = node.args.get("unit")
        if isinstance(node.this, exp.Literal) and isinstance(unit, exp.Var):
            return lasting(node.name, unit.name)
        return duration(node.this)
    if isinstance(node, exp.Literal) and node.is_string and (match := _DURATION.fullmatch(node.name)):
        return lasting(*match.groups())
    return None


def lasting(count: str, unit: str) -> float | None:
    """Seconds of so many units; `None` when there is no such unit."""
    word = unit.lower()
    seconds = _SECONDS.get(word, _SECONDS.get(word.removesuffix("s")))
    try:
        return None if seconds is None else float(count) * seconds
    except ValueError:
        return None


def moment(node: exp.Expr | None, depth: int = _DEEPEST) -> float | None:
    """A point in time in seconds, from a date that is written out or from the clock."""
    if node is None or depth == 0:
        return None
    if isinstance(node, _CLOCKS):
        return _NOW
    if isinstance(node, exp.Literal):
        match = _DATE.match(node.name) if node.is_string else None
        return _days(*match.groups()) if match else None
    if isinstance(node, (*_LATER, *_EARLIER)):
        at, by = moment(node.this, depth - 1), duration(node.args.get("expression"))
        if at is None or by is None:
            return None
        return at + by if isinstance(node, _LATER) else at - by
    inner = node.expressions[0] if isinstance(node, exp.Anonymous) and node.expressions else node.this
    return moment(inner, depth - 1) if isinstance(inner, exp.Expr) else None


def _days(year: str, month: str, day: str) -> float:
    return (int(year) * 365.25 + int(month) * 30.4 + int(day)) * _DAY
