"""What a query tells of a column by using it: its type, values that it is compared with, NULL among them.

Each use is a hint of some strength. None is proof: engines convert, and people compare numbers with texts.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from sqlglot import exp


class Kind(StrEnum):
    """What a column holds, as far as its uses tell."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    JSON = "json"
    UUID = "uuid"
    EXACT = "exact"


class Strength(IntEnum):
    """How much a hint is worth: a name, a cast, a comparison, a function that takes nothing else."""

    NAME = 0
    CAST = 1
    COMPARED = 2
    NEEDED = 3
    DECLARED = 4


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint about a column. `exact` is a type in DuckDB's words."""

    kind: Kind
    strength: Strength
    exact: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """Values around a literal that a column is compared with, those that pass first.

    `left_out`: a filter leaves out the rows that have it.
    """

    fits: tuple[str, ...]
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class Nulls:
    """NULL is asked for or replaced. `half` of the rows should be so; a filter may have them `left_out`."""

    half: bool = False
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rows with the same value are told apart by rank: there are such rows."""


@dataclass(frozen=True, slots=True)
class Same:
    """The column is compared with another for being equal."""

    other: exp.Column


Told = Hint | Value | Nulls | Ranked | Same

_DATED = (
    exp.TimestampTrunc, exp.DateTrunc, exp.DateDiff, exp.DateAdd, exp.DateSub, exp.TimeToStr, exp.Year,
    exp.Month, exp.Day, exp.Week, exp.Quarter, exp.DayOfWeek, exp.DayOfMonth, exp.DayOfYear, exp.LastDay,
    exp.TimeToUnix, exp.DatetimeDiff, exp.TimestampDiff, exp.Extract,
)  # fmt: skip
_DATED_NAMES = frozenset((
    "date_part", "datepart", "dateadd", "datesub", "date_sub", "datetrunc", "age", "weekofyear", "isoyear",
    "hour", "minute", "second", "yearweek", "dayname", "monthname", "century", "decade", "era", "epoch_ms",
    "isodow", "weekday",
))  # fmt: skip
_NUMERIC = (
    exp.Sum, exp.Avg, exp.Round, exp.Abs, exp.Floor, exp.Ceil, exp.Sqrt, exp.Ln, exp.Log, exp.Pow, exp.Sign,
    exp.Stddev, exp.StddevPop, exp.StddevSamp, exp.Variance, exp.VariancePop, exp.UnixToTime, exp.Div,
    exp.Mul, exp.Mod, exp.IntDiv, exp.Neg,
)  # fmt: skip
_TEXTUAL = (
    exp.Lower, exp.Upper, exp.Trim, exp.Substring, exp.Left, exp.Right, exp.SplitPart, exp.Split, exp.Replace,
    exp.RegexpLike, exp.RegexpReplace, exp.RegexpExtract, exp.StrToTime, exp.StartsWith, exp.Contains,
    exp.StrPosition, exp.Initcap, exp.Like, exp.ILike, exp.Length, exp.MD5, exp.Pad, exp.Reverse,
)  # fmt: skip
_JSON = (exp.JSONExtract, exp.JSONExtractScalar)
_LOGICAL = (exp.And, exp.Or, exp.Not, exp.Where, exp.Having, exp.LogicalOr, exp.LogicalAnd, exp.CountIf)
_THROUGH = (
    exp.Lower, exp.Upper, exp.Trim, exp.Coalesce, exp.Cast, exp.TryCast, exp.Paren, exp.Nullif, exp.Max,
    exp.Min, exp.Left, exp.Substring,
)  # fmt: skip
_ORDERED: dict[type[exp.Expr], tuple[int, ...]] = {
    exp.GT: (1, 0, -1),
    exp.GTE: (0, 1, -1),
    exp.LT: (-1, 0, 1),
    exp.LTE: (0, -1, 1),
}
_TURNED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
}
_OTHER = "other"
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?")


def told(column: exp.Column) -> Iterator[Told]:
    """What the place at which a column is mentioned tells of it."""
    node: exp.Expr = column
    strength = Strength.COMPARED
    while (parent := node.parent) is not None:
        if isinstance(parent, (exp.Binary, exp.Between, exp.In)) and not isinstance(parent, exp.Connector):
            yield from _compared(column, node, parent, strength)
        elif isinstance(parent, exp.Case) and parent.this is node:
            literals = [branch.this for branch in parent.args.get("ifs") or ()]
            yield from _listed(literals)
        elif node is column:
            yield from _needed(node, parent)
        if isinstance(parent, exp.Coalesce):
            yield Nulls()
            yield from _beside(node, parent)
        if isinstance(parent, (exp.Cast, exp.TryCast)) and (hint := _casts(parent, strength)):
            yield hint
        if isinstance(parent, _TEXTUAL) and node is column:
            yield Hint(Kind.TEXT, Strength.NEEDED)
        if not isinstance(parent, _THROUGH):
            break
        if not isinstance(parent, (exp.Paren, exp.Coalesce, exp.Max, exp.Min)):
            strength = Strength.CAST  # what is made of the column is that, rather than the column
        node = parent


def _needed(node: exp.Expr, parent: exp.Expr) -> Iterator[Told]:
    """What a function or a clause takes."""
    if isinstance(parent, _DATED) or (
        isinstance(parent, exp.Anonymous) and str(parent.this).lower() in _DATED_NAMES
    ):
        yield Hint(Kind.TIMESTAMP, Strength.NEEDED)
    elif isinstance(parent, _NUMERIC) and (parent.this is node or isinstance(parent, exp.Binary)):
        yield Hint(Kind.NUMBER, Strength.NEEDED)
    elif isinstance(parent, _JSON) and parent.this is node:
        yield Hint(Kind.JSON, Strength.NEEDED)
    elif isinstance(parent, _LOGICAL) or (isinstance(parent, exp.If) and parent.this is node):
        case = parent.parent if isinstance(parent, exp.If) else None
        if not (isinstance(case, exp.Case) and case.this is not None):
            yield Hint(Kind.BOOLEAN, Strength.NEEDED)
    elif (
        isinstance(parent, exp.Window)
        and node.arg_key == "partition_by"
        and isinstance(parent.this, (exp.RowNumber, exp.Rank, exp.DenseRank))
    ):
        yield Ranked()


def _compared(column: exp.Column, node: exp.Expr, parent: exp.Expr, strength: Strength) -> Iterator[Told]:
    """What the other side of an operator tells."""
    if isinstance(parent, exp.In):
        if parent.this is node:
            negated = isinstance(parent.parent, exp.Not)
            yield from _listed(parent.expressions, not negated, negated and _filters(parent))
            query = parent.args.get("query")
            inner = query.unnest() if query is not None else None
            if isinstance(inner, exp.Select) and len(inner.selects) == 1:
                yield from _equal(inner.selects[0].unalias())
        return
    if isinstance(parent, exp.Between):
        if parent.this is node:
            for bound, offsets in ((parent.args["low"], (0, 1, -1)), (parent.args["high"], (0, -1, 1))):
                yield from _beyond(bound, offsets)
        return
    if not isinstance(parent, exp.Binary):
        return
    left = parent.left is node
    other = parent.right if left else parent.left
    kind = type(parent)
    if isinstance(parent, (exp.JSONExtract, exp.JSONExtractScalar)):
        if left and node is column:
            yield Hint(Kind.JSON, Strength.NEEDED)
    elif isinstance(parent, exp.Is):
        if isinstance(other, exp.Null):
            negated = isinstance(parent.parent, exp.Not)
            yield Nulls(half=not negated, left_out=negated and _filters(parent))
        elif isinstance(other, exp.Boolean):
            yield Hint(Kind.BOOLEAN, Strength.NEEDED)
    elif kind in _ORDERED:
        yield from _beyond(other, _ORDERED[kind if left else _TURNED[kind]])
    elif isinstance(parent, (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ)):
        differs = isinstance(parent, (exp.NEQ, exp.NullSafeNEQ))
        yield from _listed([other], not differs, differs and _filters(parent))
        if isinstance(parent, (exp.EQ, exp.NullSafeEQ)):
            yield from _equal(other)
    elif isinstance(parent, (exp.Like, exp.ILike)):
        if node is column and left:
            yield Hint(Kind.TEXT, Strength.NEEDED)
        if left and isinstance(other, exp.Literal) and other.is_string:
            yield Value((other.name.replace("%", "x").replace("_", "x"),))
    elif isinstance(parent, (exp.Add, exp.Sub)):
        dated = isinstance(other, exp.Interval) or _kind_of(other) in (Kind.DATE, Kind.TIMESTAMP)
        if dated:
            yield Hint(Kind.TIMESTAMP, Strength.NEEDED)
        elif not isinstance(other.unnest(), exp.Column):
            yield Hint(Kind.NUMBER, strength)
        else:
            yield Hint(Kind.NUMBER, Strength.CAST)
    elif node is column:
        yield from _needed(node, parent)


def _filters(tree: exp.Expr) -> bool:
    """Whether a condition decides which rows there are."""
    return isinstance(tree.find_ancestor(exp.Where, exp.Select), exp.Where)


def _listed(others: list[exp.Expr], meant: bool = True, left_out: bool = False) -> Iterator[Told]:
    """What literals tell that a column is equal to, or is not."""
    for other in others:
        if isinstance(other, exp.Literal):
            yield _of_literal(other)
            yield Value((other.name,) if meant else (_OTHER, other.name), left_out)
        elif isinstance(other, exp.Neg) and isinstance(other.this, exp.Literal):
            yield Hint(Kind.NUMBER, Strength.COMPARED)
            yield Value(("-" + other.this.name,))
        elif isinstance(other, exp.Boolean):
            yield Hint(Kind.BOOLEAN, Strength.NEEDED)
        elif kind := _kind_of(other):
            yield Hint(kind, Strength.COMPARED)


def _equal(other: exp.Expr) -> Iterator[Told]:
    bare = other
    while isinstance(bare, (exp.Cast, exp.TryCast, exp.Paren)):
        bare = bare.this
    if isinstance(bare, exp.Column):
        yield Same(bare)


def _beyond(bound: exp.Expr, offsets: tuple[int, ...]) -> Iterator[Told]:
    """What a bound tells: values at it and on either side, those that pass first."""
    bare = bound.this if isinstance(bound, (exp.Cast, exp.TryCast)) else bound
    negative = isinstance(bare, exp.Neg)
    literal = bare.this if negative else bare
    if isinstance(literal, exp.Literal):
        hint = _of_literal(literal)
        yield hint if bare is bound else Hint(_kind_of(bound) or hint.kind, Strength.COMPARED)
        text = "-" + literal.name if negative else literal.name
        yield Value(tuple(moved for offset in offsets if (moved := _moved(text, offset)) is not None))
    elif kind := _kind_of(bound):
        yield Hint(kind, Strength.COMPARED)
    elif isinstance(bound, (exp.Add, exp.Sub, exp.Mul, exp.Div)):
        yield Hint(Kind.NUMBER, Strength.CAST)


def _moved(text: str, offset: int) -> str | None:
    """A number, or a date, moved by one."""
    try:
        if _DATE.match(text):
            day = datetime.date.fromisoformat(text[:10]) + datetime.timedelta(days=offset)
            return day.isoformat() + text[10:]
        return f"{float(text) + offset:g}" if "." in text else str(int(text) + offset)
    except (ValueError, OverflowError):
        return text


def _of_literal(literal: exp.Literal) -> Hint:
    if not literal.is_string:
        return Hint(Kind.NUMBER, Strength.COMPARED, "DECIMAL(12,2)" if "." in literal.name else "")
    text = literal.name
    if _DATE.fullmatch(text) or _STAMP.fullmatch(text):
        return Hint(Kind.TIMESTAMP, Strength.COMPARED)
    return Hint(Kind.TEXT, Strength.COMPARED)


def _beside(node: exp.Expr, parent: exp.Coalesce) -> Iterator[Told]:
    for other in (parent.this, *parent.expressions):
        if other is not node and isinstance(other, exp.Literal):
            yield _of_literal(other)
        elif isinstance(other, exp.Boolean):
            yield Hint(Kind.BOOLEAN, Strength.NEEDED)
        elif other is not node and (kind := _kind_of(other)):
            yield Hint(kind, Strength.COMPARED)


def _casts(cast: exp.Expr, strength: Strength) -> Hint | None:
    """What is cast to a type can be; that everything can be cast to text tells nothing."""
    to: exp.DataType = cast.args["to"]
    if to.is_type(*exp.DataType.TEXT_TYPES):
        return None
    return Hint(Kind.EXACT, Strength.CAST, to.sql("duckdb"))


def _kind_of(tree: exp.Expr) -> Kind | None:
    """The kind that an expression certainly has."""
    if isinstance(tree, (exp.Cast, exp.TryCast)):
        to: exp.DataType = tree.args["to"]
        return kind_of_type(to)
    if isinstance(tree, exp.CurrentDate):
        return Kind.DATE
    if isinstance(tree, (exp.CurrentTimestamp, exp.TimestampTrunc, exp.DateTrunc, exp.DateAdd, exp.DateSub)):
        return Kind.TIMESTAMP
    if isinstance(tree, (exp.Add, exp.Sub)) and isinstance(tree.right, exp.Interval):
        return Kind.TIMESTAMP
    return None


def kind_of_type(to: exp.DataType) -> Kind | None:
    """The kind of a type; `None` for one that has no rows made for it."""
    if to.is_type(*exp.DataType.NUMERIC_TYPES):
        return Kind.NUMBER
    if to.is_type(*exp.DataType.TEXT_TYPES):
        return Kind.TEXT
    if to.is_type("boolean"):
        return Kind.BOOLEAN
    if to.is_type("uuid"):
        return Kind.UUID
    if to.is_type("date"):
        return Kind.DATE
    if to.is_type(*exp.DataType.TEMPORAL_TYPES):
        return Kind.TIMESTAMP
    return Kind.JSON if to.is_type("json", "jsonb", "variant") else None
