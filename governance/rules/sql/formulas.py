"""What each known operator and function gives for its arguments, by the class of the parser and by name."""

from collections.abc import Callable

from sqlglot import exp

from governance.rules.sql.moments import NOW, Duration, Moment, interval
from governance.rules.sql.operations import (
    Mismatch,
    Undecided,
    Value,
    added,
    arithmetic,
    like,
    matches,
    number,
    order,
    part,
    remainder,
    rounded,
    text,
    truth,
    when,
)


def _compare(holds: Callable[[int], bool]) -> Callable[..., Value]:
    return lambda node, one, other: holds(order(one, other))


def _later(sign: float) -> Callable[..., Value]:
    """`date_add(at, 3, day)` and what else counts units to a point in time."""

    def counted(node: exp.Expr, at: Value, by: Value) -> Value:
        if not isinstance(by, Duration):
            unit = node.args.get("unit")
            by = interval(text(by), unit.name if isinstance(unit, exp.Expr) else "day")
        if by is None:
            raise Mismatch
        return Moment(float(when(at)) + sign * by)

    return counted


def _by_unit(unit: str, sign: float = 1.0) -> Callable[..., Value]:
    def counted(node: exp.Expr, at: Value, by: Value) -> Value:
        found = by if isinstance(by, Duration) else interval(text(by), unit)
        if found is None:
            raise Mismatch
        return Moment(float(when(at)) + sign * found)

    return counted


def _difference(node: exp.Expr, later: Value, earlier: Value) -> Value:
    unit = node.args.get("unit")
    size = interval("1", unit.name if isinstance(unit, exp.Expr) else "day")
    if size is None:
        raise Mismatch
    return float((when(later) - when(earlier)) // size)


def _modified(node: exp.Expr, at: Value, *changes: Value) -> Value:
    """SQLite's `datetime('now', '+100 years')`."""
    found: Value = when(at)
    for change in changes:
        by = interval(text(change), "")
        if by is None:
            raise Mismatch
        found = added(found, by)
    return found


def _position(node: exp.Expr, within: Value, sought: Value) -> Value:
    return text(within).find(text(sought)) + 1.0


def _substring(node: exp.Expr, whole: Value, start: Value, length: Value = 1e6) -> Value:
    begin = int(number(start)) - 1
    if begin < 0:
        raise Mismatch
    return text(whole)[begin : begin + max(int(number(length)), 0)]


def _row(node: exp.Expr, *items: Value) -> Value:
    return items


def _replaced(node: exp.Expr, whole: Value, old: Value, new: Value = "") -> Value:
    said, sought, given = text(whole), text(old), text(new)
    if len(given) > _LONGEST_REPLACEMENT:
        raise Undecided
    return said.replace(sought, given) if sought else said


def _strcmp(node: exp.Expr, one: Value, other: Value) -> Value:
    return float(order(text(one), text(other)))


def _outermost(given: tuple[Value, ...], side: int) -> Value:
    found = given[0]
    for item in given[1:]:
        if order(item, found) == side:
            found = item
    return found


_LONGEST_REPLACEMENT = 200
_TODAY = Moment(NOW // 86_400 * 86_400)
# The clocks, which tell the time or only the day.
CLOCKS: dict[type[exp.Expr], Value] = {
    **dict.fromkeys(
        (
            *(exp.CurrentTimestamp, exp.CurrentDatetime, exp.CurrentTimestampLTZ, exp.Localtimestamp),
            *(exp.Systimestamp, exp.UtcTimestamp),
        ),
        NOW,
    ),
    **dict.fromkeys((exp.CurrentDate, exp.UtcDate), _TODAY),
}
_TWO = ("this", "expression")
_ALL = ("this", "expressions")
# Arguments beside those an operation reads that change what it gives.
TELLING = {"position", "occurrence", "parameters", "flag", "regexp", "null", "group"}
OPERATIONS: dict[type[exp.Expr], tuple[tuple[str, ...], Callable[..., Value]]] = {
    exp.EQ: (_TWO, _compare(lambda found: found == 0)),
    exp.NEQ: (_TWO, _compare(lambda found: found != 0)),
    exp.LT: (_TWO, _compare(lambda found: found < 0)),
    exp.LTE: (_TWO, _compare(lambda found: found <= 0)),
    exp.GT: (_TWO, _compare(lambda found: found > 0)),
    exp.GTE: (_TWO, _compare(lambda found: found >= 0)),
    exp.Like: (_TWO, lambda node, one, other: like(one, other)),
    exp.ILike: (_TWO, lambda node, one, other: like(one, other, any_case=True)),
    exp.RegexpLike: (_TWO, lambda n, one, other: matches(one, other, bool(n.args.get("full_match")))),
    exp.RegexpILike: (_TWO, lambda node, one, other: matches(one, other, any_case=True)),
    exp.StartsWith: (_TWO, lambda node, one, other: text(one).startswith(text(other))),
    exp.EndsWith: (_TWO, lambda node, one, other: text(one).endswith(text(other))),
    exp.Contains: (_TWO, lambda node, one, other: text(other) in text(one)),
    exp.Xor: (_TWO, lambda node, one, other: truth(one) is not truth(other)),
    exp.Add: (_TWO, lambda node, one, other: added(one, other)),
    exp.Sub: (_TWO, lambda node, one, other: added(one, other, -1.0)),
    exp.Mul: (_TWO, lambda node, one, other: arithmetic(lambda a, b: a * b)(one, other)),
    exp.Mod: (_TWO, lambda node, one, other: arithmetic(remainder)(one, other)),
    exp.Pow: (_TWO, lambda node, one, other: arithmetic(lambda a, b: float(a**b))(one, other)),
    exp.BitwiseAnd: (_TWO, lambda n, one, other: arithmetic(lambda a, b: float(int(a) & int(b)))(one, other)),
    exp.BitwiseOr: (_TWO, lambda n, one, other: arithmetic(lambda a, b: float(int(a) | int(b)))(one, other)),
    exp.BitwiseXor: (_TWO, lambda n, one, other: arithmetic(lambda a, b: float(int(a) ^ int(b)))(one, other)),
    exp.Neg: (("this",), lambda node, one: -number(one)),
    exp.Abs: (("this",), lambda node, one: abs(number(one))),
    exp.Sign: (("this",), lambda node, one: float((number(one) > 0) - (number(one) < 0))),
    exp.Round: (_TWO, lambda node, one, other=0.0: rounded("round", one)),
    exp.Floor: (("this",), lambda node, one: rounded("floor", one)),
    exp.Ceil: (("this",), lambda node, one: rounded("ceil", one)),
    exp.Greatest: (_ALL, lambda node, *given: _outermost(given, 1)),
    exp.Least: (_ALL, lambda node, *given: _outermost(given, -1)),
    exp.Tuple: (("expressions",), _row),
    exp.DPipe: (_TWO, lambda node, one, other: text(one) + text(other)),
    exp.Concat: (("expressions",), lambda node, *given: "".join(text(item) for item in given)),
    exp.Lower: (("this",), lambda node, one: text(one).lower()),
    exp.Upper: (("this",), lambda node, one: text(one).upper()),
    exp.Trim: (("this",), lambda node, one: text(one).strip()),
    exp.Reverse: (("this",), lambda node, one: text(one)[::-1]),
    exp.Replace: (("this", "expression", "replacement"), _replaced),
    exp.Left: (_TWO, lambda node, one, other: text(one)[: max(int(number(other)), 0)]),
    exp.Substring: (("this", "start", "length"), _substring),
    exp.StrPosition: (("this", "substr"), _position),
    exp.Extract: (("expression",), lambda node, at: part(node.this.name, at)),
    exp.Year: (("this",), lambda node, at: part("year", at)),
    exp.Quarter: (("this",), lambda node, at: part("quarter", at)),
    exp.Month: (("this",), lambda node, at: part("month", at)),
    exp.Day: (("this",), lambda node, at: part("day", at)),
    exp.DayOfMonth: (("this",), lambda node, at: part("day", at)),
    exp.Elt: (_ALL, lambda node, index, *given: given[int(number(index)) - 1]),
    exp.StrToUnix: (("this",), lambda node, at: part("epoch", at)),
    exp.UnixToTime: (("this",), lambda node, at: Moment(number(at))),
    **{cls: (_TWO, _later(1.0)) for cls in (exp.DateAdd, exp.TimestampAdd, exp.DatetimeAdd, exp.TsOrDsAdd)},
    **{cls: (_TWO, _later(-1.0)) for cls in (exp.DateSub, exp.TimestampSub, exp.DatetimeSub)},
    exp.AddMonths: (_TWO, _by_unit("month")),
    **dict.fromkeys((exp.DateDiff, exp.TimestampDiff, exp.DatetimeDiff, exp.TsOrDsDiff), (_TWO, _difference)),
    exp.MonthsBetween: (_TWO, lambda node, one, other: (when(one) - when(other)) / (30.44 * 86_400)),
    **{
        cls: (("this",), lambda node, at: when(at))
        for cls in (
            exp.StrToDate,
            exp.StrToTime,
            exp.DateStrToDate,
            exp.Timestamp,
            exp.Date,
            exp.Datetime,
            exp.TsOrDsToDate,
        )
    },
    **{cls: (("this",), lambda node, at: when(at)) for cls in (exp.TimeStrToTime, exp.TsOrDsToTimestamp)},
    **{
        cls: (("this",), lambda node, at: rounded("trunc", when(at)))
        for cls in (exp.TimestampTrunc, exp.DateTrunc)
    },
}
CALLS: dict[str, Callable[..., Value]] = {
    "strcmp": _strcmp,
    "row": _row,
    "try": lambda node, one: one,
    "adddate": _by_unit("day"),
    "subdate": _by_unit("day", -1.0),
    **{
        f"add{unit}s": _by_unit(unit) for unit in ("second", "minute", "hour", "day", "week", "month", "year")
    },
    **{
        f"subtract{unit}s": _by_unit(unit, -1.0)
        for unit in ("second", "minute", "hour", "day", "week", "month", "year")
    },
    **dict.fromkeys(("date", "datetime"), _modified),
    **dict.fromkeys(
        ("todate", "todatetime", "todate32", "todatetime64", "to_date", "to_timestamp"),
        lambda node, at, *rest: when(at),
    ),
    **dict.fromkeys(
        ("now", "now64", "getutcdate", "sysutcdatetime", "utc_timestamp"), lambda node, *rest: NOW
    ),
    **dict.fromkeys(("today", "curdate", "utc_date"), lambda node: _TODAY),
    "toyear": lambda node, at: part("year", at),
    "tomonth": lambda node, at: part("month", at),
    "unix_timestamp": lambda node, at=NOW: part("epoch", at),
    "trunc": lambda node, one, *rest: rounded("trunc", one),
    "empty": lambda node, one: text(one) == "",
    "notempty": lambda node, one: text(one) != "",
    "choose": lambda node, index, *given: given[int(number(index)) - 1],
}
