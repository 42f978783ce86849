"""Queries that do something else than a given one, by a mistake: what a unit test should notice."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

_MOST = 60
_FIXTURE = "__dbt__cte__"
_SWAPPED: dict[type[exp.Expr], type[exp.Binary]] = {
    exp.EQ: exp.NEQ,
    exp.NEQ: exp.EQ,
    exp.GT: exp.LTE,
    exp.GTE: exp.LT,
    exp.LT: exp.GTE,
    exp.LTE: exp.GT,
    exp.Add: exp.Sub,
    exp.Sub: exp.Add,
    exp.Mul: exp.Add,
    exp.Div: exp.Mul,
    exp.And: exp.Or,
    exp.Or: exp.And,
}
_AGGREGATES = (exp.Sum, exp.Avg, exp.Min, exp.Max)
_Alter = Callable[[Any], object]


def mutants(sql: str, dialect: str) -> tuple[list[str], list[str]]:
    """Queries that decide or compute something else, and those that only lose a column or all rows.

    The rows that a unit test gives stay as they are. Nothing where the query cannot be read.
    """
    try:
        tree = parse_one(sql, dialect=dialect)
    except (SqlglotError, RecursionError):
        return [], []
    logic = [_altered(tree, number, alter, dialect) for number, alter in _all(tree, _mistakes)]
    others = [_altered(tree, number, alter, dialect) for number, alter in _all(tree, _losses)]
    return logic[:_MOST], others[:_MOST]


def _all(tree: exp.Expr, alterations: Callable[[exp.Expr], Iterator[_Alter]]) -> Iterator[tuple[int, _Alter]]:
    for number, node in enumerate(tree.walk()):
        if not _given(node):
            yield from ((number, alter) for alter in alterations(node))


def _given(node: exp.Expr) -> bool:
    """Whether a node stands in the rows that the unit test gives."""
    cte = node.find_ancestor(exp.CTE)
    while cte is not None:
        if cte.alias.startswith(_FIXTURE):
            return True
        cte = cte.find_ancestor(exp.CTE)
    return isinstance(node, exp.CTE) and node.alias.startswith(_FIXTURE)


def _altered(tree: exp.Expr, number: int, alter: _Alter, dialect: str) -> str:
    copy = tree.copy()
    node = next(found for place, found in enumerate(copy.walk()) if place == number)
    alter(node)
    return copy.sql(dialect=dialect)


def _mistakes(node: exp.Expr) -> Iterator[_Alter]:
    if isinstance(node, exp.Select):
        for part in ("where", "having", "qualify", "distinct", "limit"):
            if node.args.get(part):
                yield _without(part)
    elif isinstance(node, exp.Join):
        yield lambda join: join.set("side", None if join.side else "LEFT")
        yield lambda join: join.replace(exp.Join(this=join.this.copy(), kind="CROSS"))
    elif type(node) in _SWAPPED and not node.find_ancestor(exp.Join):
        other = _SWAPPED[type(node)]
        yield lambda old: old.replace(other(this=old.this.copy(), expression=old.expression.copy()))
    elif isinstance(node, _AGGREGATES):
        other_one = exp.Min if isinstance(node, exp.Max) else exp.Max
        yield lambda old: old.replace(other_one(this=old.this.copy()))
    elif isinstance(node, exp.Count):
        yield lambda old: old.replace(exp.Literal.number(1))
    elif isinstance(node, exp.If) and isinstance(node.parent, exp.Case):
        yield lambda old: old.set("true", exp.Null())
    elif isinstance(node, exp.Case) and node.args.get("default"):
        yield lambda old: old.set("default", None)
    elif isinstance(node, exp.Coalesce):
        yield lambda old: old.replace(old.this.copy())
    elif isinstance(node, exp.Func | exp.Not | exp.Window) and not isinstance(node, exp.Cast | exp.Case):
        yield lambda old: old.replace(exp.Null())


def _losses(node: exp.Expr) -> Iterator[_Alter]:
    if not isinstance(node, exp.Select) or node.find_ancestor(exp.CTE, exp.Subquery):
        return
    yield lambda select: select.where("false", copy=False)
    for number, projection in enumerate(node.expressions):
        if not projection.is_star:
            yield _losing(number, projection.alias_or_name)


def _without(part: str) -> _Alter:
    return lambda select: select.set(part, None)


def _losing(number: int, name: str) -> _Alter:
    def alter(select: exp.Expr) -> None:
        select.expressions[number].replace(exp.alias_(exp.Null(), name, quoted=True))

    return alter
