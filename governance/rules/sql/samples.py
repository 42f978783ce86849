"""Whether a condition on one number holds for every number, found by trying those that could break it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import fmod, inf

from sqlglot import exp

from governance.rules.sql.values import least

Number = float
Value = Number | None
_MOST_NODES = 200
_MOST_COUNTED = 1e9
_LIMITS = {2.0**31 - 1, -(2.0**31), 2.0**63 - 1, -(2.0**63)}
_ARITHMETIC: dict[type[exp.Expr], Callable[[Number, Number], Number]] = {
    exp.Add: lambda a, b: a + b,
    exp.Sub: lambda a, b: a - b,
    exp.Mul: lambda a, b: a * b,
    exp.Mod: lambda a, b: fmod(a, b),
    exp.BitwiseAnd: lambda a, b: float(int(a) & int(b)),
    exp.BitwiseOr: lambda a, b: float(int(a) | int(b)),
    exp.BitwiseXor: lambda a, b: float(int(a) ^ int(b)),
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
    """Whether a condition made of one value, numbers and comparisons is true whatever that value is.

    The value is a column, or a call whose smallest result is known, such as a length. Comparisons change
    their answer only at the numbers that the condition itself names, so trying these and their neighbours
    decides. The limits of integer types are taken for ends of the world.
    """
    found = _trial(condition)
    if found is None:
        return False
    try:
        return all(found.truth(condition, value) for value in found.samples())
    except (_NotNumeric, OverflowError, ZeroDivisionError):
        return False


def _trial(condition: exp.Expr) -> "_Trial | None":
    """The one value and the numbers of a condition; `None` where there is anything else, or too much."""
    terms: dict[int, exp.Expr] = {}
    numbers: set[Number] = {0.0}
    seen, low, nullable = "", -inf, False
    for count, node in enumerate(condition.walk(bfs=False, prune=lambda n: id(n) in terms)):
        smallest = None if type(node) in _KNOWN else least(node)
        if smallest is not None or isinstance(node, exp.Column):
            named = _named(node)
            if seen not in ("", named):
                return None
            seen, low = named, -inf if smallest is None else smallest
            terms[id(node)] = node
        elif type(node) not in _KNOWN or count > _MOST_NODES or node.is_string:
            return None
        elif isinstance(node, exp.Literal):
            numbers.add(_Trial.literal(node))
        nullable = nullable or isinstance(node, exp.Is)
    return _Trial(frozenset(terms), frozenset(numbers), low, nullable) if terms else None


def _named(node: exp.Expr) -> str:
    parts = [part.name for part in node.parts] if isinstance(node, exp.Column) else [node.sql(copy=False)]
    return ".".join(parts).lower()


@dataclass(frozen=True, slots=True)
class _Trial:
    """A condition to be tried: the nodes that stand for its value, its numbers, the smallest value.

    Where the smallest value is known, the value counts something, so it is a whole number.
    """

    terms: frozenset[int]
    numbers: frozenset[Number]
    low: Number
    nullable: bool

    def samples(self) -> Iterable[Value]:
        """The values at which the condition could change its answer."""
        named = self.numbers | {-number for number in self.numbers}
        tried = {number + step for number in named for step in (-1.0, -0.5, 0.0, 0.5, 1.0)} | {7.0, -7.0}
        beyond = [limit for limit in _LIMITS if limit in named]
        low, high = max(min(beyond, default=-inf), self.low), max(beyond, default=inf)
        if self.low > -inf:
            tried, high = (
                {n for n in tried if n == int(n)} | {self.low, self.low + 1},
                min(high, _MOST_COUNTED),
            )
        nullable: set[Value] = {None} if self.nullable else set()
        return nullable | {n for n in tried if max(low, -(2.0**62)) <= n <= high}

    def truth(self, node: exp.Expr, value: Value) -> bool:
        """The condition's answer for one value. Raises _NotNumeric when numbers do not decide it."""
        node = node.unnest()
        if isinstance(node, exp.Where):
            return self.truth(node.this, value)
        if isinstance(node, exp.Not):
            return not self.truth(node.this, value)
        if isinstance(node, exp.And):
            return self.truth(node.this, value) and self.truth(node.expression, value)
        if isinstance(node, exp.Or):
            return self.truth(node.this, value) or self.truth(node.expression, value)
        if isinstance(node, exp.Boolean):
            return bool(node.this)
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return (value is None) != bool(node.args.get("negate"))
        if value is None:
            return False  # No comparison holds for what is not there.
        if isinstance(node, exp.Between):
            low, high = self._number(node.args["low"], value), self._number(node.args["high"], value)
            return low <= self._number(node.this, value) <= high
        if isinstance(node, exp.In) and node.expressions:
            return any(
                self._number(item, value) == self._number(node.this, value) for item in node.expressions
            )
        compare = _COMPARISONS.get(type(node))
        if compare is None:
            raise _NotNumeric
        return compare(self._number(node.this, value), self._number(node.args["expression"], value))

    def _number(self, node: exp.Expr, value: Number) -> Number:
        node = node.unnest()
        if id(node) in self.terms:
            return value
        if isinstance(node, exp.Literal) and not node.is_string:
            return self.literal(node)
        if isinstance(node, exp.Neg):
            return -self._number(node.this, value)
        apply = _ARITHMETIC.get(type(node))
        if apply is None:
            raise _NotNumeric
        return apply(self._number(node.this, value), self._number(node.args["expression"], value))

    @staticmethod
    def literal(node: exp.Literal) -> Number:
        """The value of a numeric literal; one that cannot be read decides nothing."""
        try:
            return float(node.name)
        except ValueError:
            return inf
