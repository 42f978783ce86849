"""What an expression gives for one row, which says what its columns and all that is not known here hold."""

from collections.abc import Callable, Mapping

from sqlglot import exp

from governance.rules.sql.formulas import CALLS, CLOCKS, OPERATIONS, TELLING
from governance.rules.sql.moments import DateText, interval, moment
from governance.rules.sql.operations import Mismatch, Undecided, Value, number, order, text, truth, when

_LONGEST_TEXT = 4_000
Row = Mapping[int, Value]
"""The values of the terms of a condition, by the identity of their nodes."""


def known(node: exp.Expr) -> bool:
    """Whether the value of a node follows from its parts; what is not known is a term of its own."""
    if isinstance(node, exp.In):
        return bool(node.expressions)  # what a query holds is not known
    if type(node) in _BY_ROW or type(node) in CLOCKS:
        return True
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in CALLS
    keys = OPERATIONS.get(type(node))
    if keys is None:
        return False
    names = keys[0]
    return not any(value and name not in names and name in TELLING for name, value in node.args.items())


def value(node: exp.Expr, row: Row) -> Value:
    """The value of an expression in a row. Raises Mismatch where no such row exists, and Undecided."""
    if id(node) in row:
        return row[id(node)]
    by_row = _BY_ROW.get(type(node))
    if by_row is not None:
        return by_row(node, row)
    if type(node) in CLOCKS:
        return CLOCKS[type(node)]
    named = isinstance(node, exp.Anonymous)
    keys, apply = (("expressions",), CALLS[node.name.lower()]) if named else OPERATIONS[type(node)]
    given = [value(found, row) for found in _given(node, keys)]
    if None in given:
        return None
    try:
        found = apply(node, *given)
    except (TypeError, OverflowError, IndexError):
        raise Mismatch from None
    if isinstance(found, str) and len(found) > _LONGEST_TEXT:
        raise Undecided  # Texts that grow in each other would take all memory.
    return found


def parts(node: exp.Expr) -> list[exp.Expr]:
    """The expressions that the value of a known node follows from."""
    skipped = (exp.DataType, exp.Var, exp.Identifier)
    return [child for child in node.iter_expressions() if not isinstance(child, skipped)]


def _given(node: exp.Expr, keys: tuple[str, ...]) -> list[exp.Expr]:
    found: list[exp.Expr] = []
    for key in keys:
        held = node.args.get(key)
        found.extend(
            item for item in (held if isinstance(held, list) else [held]) if isinstance(item, exp.Expr)
        )
    return found


def _literal(node: exp.Expr, row: Row) -> Value:
    if node.is_string:
        return DateText(node.name) if moment(node.name) is not None else node.name
    try:
        return float(node.name)
    except ValueError:
        raise Mismatch from None


def _and(node: exp.Expr, row: Row) -> Value:
    left = truth(value(node.this, row))
    if left is False:
        return False
    right = truth(value(node.args["expression"], row))
    return False if right is False else None if left is None or right is None else True


def _or(node: exp.Expr, row: Row) -> Value:
    left = truth(value(node.this, row))
    if left is True:
        return True
    right = truth(value(node.args["expression"], row))
    return True if right is True else None if left is None or right is None else False


def _not(node: exp.Expr, row: Row) -> Value:
    found = truth(value(node.this, row))
    return None if found is None else not found


def _is(node: exp.Expr, row: Row) -> Value:
    right, negated = node.args["expression"], bool(node.args.get("negate"))
    if isinstance(right, exp.Not):
        right, negated = right.this, not negated
    return _same(value(node.this, row), value(right, row)) is not negated


def _same(one: Value, other: Value) -> bool:
    """Whether two values are the same, null being the same as null."""
    return one is other if one is None or other is None else order(one, other) == 0


def _case(node: exp.Expr, row: Row) -> Value:
    for branch in node.args.get("ifs") or ():
        if node.this is None:
            met = truth(value(branch.this, row))
        else:
            one, other = value(node.this, row), value(branch.this, row)
            met = one is not None and other is not None and order(one, other) == 0
        if met:
            return value(branch.args["true"], row)
    default = node.args.get("default")
    return value(default, row) if isinstance(default, exp.Expr) else None


def _if(node: exp.Expr, row: Row) -> Value:
    chosen = node.args.get("true") if truth(value(node.this, row)) else node.args.get("false")
    return value(chosen, row) if isinstance(chosen, exp.Expr) else None


def _nvl2(node: exp.Expr, row: Row) -> Value:
    chosen = node.args.get("true") if value(node.this, row) is not None else node.args.get("false")
    return value(chosen, row) if isinstance(chosen, exp.Expr) else None


def _decode(node: exp.Expr, row: Row) -> Value:
    """`decode(x, a, 1, b, 2, 0)`, where null is found by null."""
    asked, *rest = node.expressions
    wanted = value(asked, row)
    while len(rest) > 1:
        sought, result, *rest = rest
        if _same(wanted, value(sought, row)):
            return value(result, row)
    return value(rest[0], row) if rest else None


def _coalesce(node: exp.Expr, row: Row) -> Value:
    for item in (node.this, *node.expressions):
        found = value(item, row)
        if found is not None:
            return found
    return None


def _nullif(node: exp.Expr, row: Row) -> Value:
    one, other = value(node.this, row), value(node.args["expression"], row)
    return None if one is not None and other is not None and order(one, other) == 0 else one


def _in(node: exp.Expr, row: Row) -> Value:
    asked = value(node.this, row)
    offered = [value(item, row) for item in node.expressions]
    if asked is None:
        return None
    if any(item is not None and order(asked, item) == 0 for item in offered):
        return True
    return None if None in offered else False


def _between(node: exp.Expr, row: Row) -> Value:
    asked, low, high = (value(node.args[key], row) for key in ("this", "low", "high"))
    if asked is None or low is None or high is None:
        return None
    if node.args.get("symmetric") and order(low, high) > 0:
        low, high = high, low
    return order(asked, low) >= 0 and order(asked, high) <= 0


def _interval(node: exp.Expr, row: Row) -> Value:
    unit = node.args.get("unit")
    count = value(node.this, row) if isinstance(node.this, exp.Expr) else None
    found = interval(text(count), unit.name if isinstance(unit, exp.Var) else "")
    if found is None:
        raise Mismatch
    return found


def _cast(node: exp.Expr, row: Row) -> Value:
    found, to = value(node.this, row), node.args["to"]
    if found is None:
        return None
    if to.is_type(*exp.DataType.TEXT_TYPES):
        return text(found)
    if to.is_type(exp.DataType.Type.INTERVAL):
        lasting = interval(text(found), "")
        if lasting is None:
            raise Mismatch
        return lasting
    if to.is_type(*exp.DataType.TEMPORAL_TYPES):
        return when(found)
    if to.is_type(*exp.DataType.NUMERIC_TYPES):
        return number(found)
    return found


_Handler = Callable[[exp.Expr, Row], Value]
_BY_ROW: dict[type[exp.Expr], _Handler] = {
    exp.Literal: _literal,
    exp.RawString: lambda node, row: node.name,
    exp.National: lambda node, row: node.name,
    exp.Boolean: lambda node, row: bool(node.this),
    exp.Null: lambda node, row: None,
    exp.Paren: lambda node, row: value(node.this, row),
    exp.Where: lambda node, row: value(node.this, row),
    exp.Try: lambda node, row: value(node.this, row),
    exp.And: _and,
    exp.Or: _or,
    exp.Not: _not,
    exp.Is: _is,
    exp.Case: _case,
    exp.If: _if,
    exp.Nvl2: _nvl2,
    exp.DecodeCase: _decode,
    exp.Coalesce: _coalesce,
    exp.Nullif: _nullif,
    exp.In: _in,
    exp.Between: _between,
    exp.Interval: _interval,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.NullSafeEQ: lambda n, r: _same(value(n.this, r), value(n.args["expression"], r)),
    exp.EqualNull: lambda n, r: _same(value(n.this, r), value(n.args["expression"], r)),
    exp.NullSafeNEQ: lambda n, r: not _same(value(n.this, r), value(n.args["expression"], r)),
}
