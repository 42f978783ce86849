"""Whether a condition on one number holds for every number, found by trying those that could break it."""

from collections.abc import Callable, Iterable

from sqlglot import exp

Number = float
Value = Number | None
_MOST_NODES = 200
_LIMITS = {2.0**31 - 1, -(2.0**31), 2.0**63 - 1, -(2.0**63)}
_ARITHMETIC: dict[type[exp.Expr], Callable[[Number, Number], Number]] = {
    exp.Add: lambda a, b: a + b,
    exp.Sub: lambda a, b: a - b,
    exp.Mul: lambda a, b: a * b,
}
_COMPARISONS: dict[type[exp.Expr], Callable[[Number, Number], bool]] = {
    exp.EQ: lambda a, b: a == b,
    exp.NullSafeEQ: lambda a, b: a == b,
    exp.NEQ: lambda a, b: a != b,
    exp.LT: lambda a, b: a < b,
    exp.LTE: lambda a, b: a <= b,
    exp.GT: lambda a, b: a > b,
    exp.GTE: lambda a, b: a >= b,
}


_KNOWN = {
    *(*_ARITHMETIC, *_COMPARISONS, exp.And, exp.Or, exp.Not, exp.Paren, exp.Neg, exp.Is, exp.Null, exp.Where),
    *(exp.Boolean, exp.Literal, exp.Identifier, exp.Between, exp.In),
}


class _NotNumeric(Exception):
    """The condition says something that cannot be tried with numbers."""


def holds_for_all(condition: exp.Expr) -> bool:
    """Whether a condition made of one column, numbers and comparisons is true whatever the column holds.

    Comparisons change their answer only at the numbers that the condition itself names, so trying these
    and their neighbours decides. The limits of integer types are taken for ends of the world.
    """
    nodes = _numeric(condition)
    columns = {node.name.lower() for node in nodes if isinstance(node, exp.Column)}
    if len(columns) != 1:
        return False
    try:
        return all(_truth(condition, value) for value in _samples(columns.pop(), nodes))
    except (_NotNumeric, OverflowError):
        return False


def _numeric(condition: exp.Expr) -> list[exp.Expr]:
    """The nodes of a condition, or none when there is one that numbers cannot decide, or too many."""
    nodes: list[exp.Expr] = []
    seen: tuple[str, ...] | None = None
    for node in condition.walk(bfs=False):
        if isinstance(node, exp.Column):
            named = tuple(part.name.lower() for part in node.parts)
            if seen not in (None, named):
                return []
            seen = named
        elif type(node) not in _KNOWN or len(nodes) > _MOST_NODES or node.is_string:
            return []
        nodes.append(node)
    return nodes


def _samples(column: str, nodes: list[exp.Expr]) -> Iterable[Value]:
    named = {_number(node, 0.0) for node in nodes if isinstance(node, exp.Literal)}
    named |= {-value for value in named} | {0.0}
    tried = {value + step for value in named for step in (-1.0, -0.5, 0.0, 0.5, 1.0)} | {7.0, -7.0}
    nullable: set[Value] = {None} if any(isinstance(node, exp.Is) for node in nodes) else set()
    beyond = [limit for limit in _LIMITS if limit in named]
    low, high = min(beyond, default=-float("inf")), max(beyond, default=float("inf"))
    if column == "rownum":
        low, tried = 1.0, {value for value in tried if value == int(value)} | {1.0, 2.0}
    return nullable | {value for value in tried if max(low, -(2.0**62)) <= value <= high}


def _truth(node: exp.Expr, value: Value) -> bool:
    node = node.unnest()
    if isinstance(node, exp.Where):
        return _truth(node.this, value)
    if isinstance(node, exp.Not):
        return not _truth(node.this, value)
    if isinstance(node, exp.And):
        return _truth(node.this, value) and _truth(node.expression, value)
    if isinstance(node, exp.Or):
        return _truth(node.this, value) or _truth(node.expression, value)
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return (value is None) != bool(node.args.get("negate"))
    if value is None:
        return False  # No comparison holds for what is not there.
    if isinstance(node, exp.Between):
        low, high = _number(node.args["low"], value), _number(node.args["high"], value)
        return low <= _number(node.this, value) <= high
    if isinstance(node, exp.In) and node.expressions:
        return any(_number(item, value) == _number(node.this, value) for item in node.expressions)
    compare = _COMPARISONS.get(type(node))
    if compare is None:
        raise _NotNumeric
    return compare(_number(node.this, value), _number(node.args["expression"], value))


def _number(node: exp.Expr, value: Value) -> Number:
    node = node.unnest()
    if isinstance(node, exp.Column) and value is not None:
        return value
    if isinstance(node, exp.Literal) and not node.is_string:
        try:
            return float(node.name)
        except ValueError:
            raise _NotNumeric from None
    if isinstance(node, exp.Neg):
        return -_number(node.this, value)
    apply = _ARITHMETIC.get(type(node))
    if apply is None:
        raise _NotNumeric
    return apply(_number(node.this, value), _number(node.args["expression"], value))
