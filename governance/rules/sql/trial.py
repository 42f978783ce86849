"""Whether a condition holds for every row, found by trying the rows that could break it."""

from collections.abc import Iterable, Iterator
from itertools import islice, product
from random import Random

from sqlglot import exp

from governance.rules.sql.coverage import joins, sources, target
from governance.rules.sql.evaluation import Row, known, parts, value
from governance.rules.sql.operations import Mismatch, Undecided, Value, truth
from governance.rules.sql.samples import Samples, first_looks
from governance.rules.sql.values import least

_MOST_NODES = 200
_MOST_TERMS = 4
_MOST_ROWS = 1_500
_VOLATILE = (exp.Rand, exp.Randn, exp.Uuid)
_NULL_TOLD = (exp.Null, exp.NullSafeEQ, exp.NullSafeNEQ, exp.EqualNull, exp.Nvl2)


def holds_for_all(condition: exp.Expr) -> bool:
    """Whether a condition is true whatever its columns hold.

    Its terms are its columns and whatever is not known to the evaluation. They are given ordinary values,
    and those that the condition itself names with their neighbours. A row for which the condition is
    null counts neither way, so `x = x` holds for all.
    """
    terms = _Terms()
    if not terms.survey(condition) or len(terms.places) > _MOST_TERMS:
        return False
    held = False
    for row in terms.rows(condition):
        try:
            found = truth(value(condition, row))
        except Mismatch:
            continue
        except (Undecided, RecursionError):
            return False
        if found is False:
            return False
        held = held or found is True
    return held


class _Terms:
    """The terms of a condition, equal ones together, and the constants that it names."""

    def __init__(self) -> None:
        self.places: dict[object, list[exp.Expr]] = {}
        self._constants: list[exp.Expr] = []
        self._count = 0
        self._nullable = self._clock = False

    def survey(self, node: exp.Expr) -> bool:
        """Take a condition apart; False when it is too large to be tried."""
        waiting = [node]
        while waiting:
            at = waiting.pop()
            self._count += 1
            if self._count > _MOST_NODES:
                return False
            self._nullable = self._nullable or isinstance(at, _NULL_TOLD)
            counted = least(at) is not None and not isinstance(at, _EVALUATED)
            if counted or not known(at):
                self.places.setdefault(_key(at), []).append(at)
            else:
                below = parts(at)
                waiting.extend(below)
                if not isinstance(at, exp.Condition) or not below or isinstance(at, _ARITHMETIC):
                    self._constants.append(at)
        return True

    def rows(self, condition: exp.Expr) -> Iterator[Row]:
        """Rows to try: first those that break most conditions, then all that may break one."""
        if not self.places:
            yield {}
            return
        keys = list(self.places)
        constants = list(self._known_constants())
        for values in first_looks([places[0] for places in self.places.values()], constants):
            yield self._row(keys, values)
        of_each = [
            Samples(self.places[key][0], constants, self._nullable).values(alone=len(keys) == 1)
            for key in keys
        ]
        for row in islice(_combined(of_each), _MOST_ROWS):
            yield self._row(keys, row)

    def _known_constants(self) -> Iterator[Value]:
        for node in self._constants:
            try:
                yield value(node, {})
            except (Mismatch, Undecided, KeyError, RecursionError):
                continue

    def _row(self, keys: list[object], values: Iterable[Value]) -> Row:
        return {id(node): held for key, held in zip(keys, values, strict=True) for node in self.places[key]}


_EVALUATED = (exp.Abs, exp.Year, exp.StrPosition, exp.Coalesce)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Func, exp.Cast)


def _combined(of_each: list[list[Value]]) -> Iterator[tuple[Value, ...]]:
    """Rows of the samples of several terms: all alike, each with each, and a fair mixture."""
    if len(of_each) == 1:
        yield from ((held,) for held in of_each[0])
        return
    for held in of_each[0]:
        yield (held,) * len(of_each)
    if len(of_each) == 2:
        yield from product(*of_each)
        return
    draw = Random(0)
    while True:
        yield tuple(draw.choice(samples) for samples in of_each)


def _key(node: exp.Expr) -> object:
    """What tells one term from another: the name of a column, the text of anything else."""
    if isinstance(node, exp.Column):
        if _only_source(node):
            return node.name.lower()
        return ".".join(part.name for part in node.parts).lower()
    return id(node) if isinstance(node, _VOLATILE) or node.find(*_VOLATILE) else node


def _only_source(column: exp.Column) -> bool:
    """Whether a column can only be one of the table that is changed, with or without its name before it."""
    change = column.find_ancestor(exp.Query, exp.Delete, exp.Update)
    if not isinstance(change, (exp.Delete, exp.Update)) or target(change) is None:
        return False
    return next(joins(change), None) is None and all(s is target(change) for s in sources(change))
