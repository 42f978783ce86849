"""One form for queries that say the same: by it a rewrite is told from another meaning.

Each step keeps every row and value, for all data: sqlglot's passes except the one that turns sub-queries into
joins (it takes NOT IN for NOT EXISTS, which differ on NULL), then spelling, joins, CTEs and aliases.
"""

import hashlib
import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.canonicalize import canonicalize
from sqlglot.optimizer.optimizer import RULES
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.qualify_columns import quote_identifiers
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.optimizer.simplify import simplify
from sqlglot.optimizer.unnest_subqueries import unnest_subqueries
from sqlglot.schema import ensure_schema

_LEFT_OUT = (qualify, quote_identifiers, canonicalize, unnest_subqueries)
_PASSES: tuple[Callable[..., exp.Expr], ...] = (
    qualify,
    simplify,
    *(rule for rule in RULES if rule not in _LEFT_OUT),
)
_CTE = "q_"
_BARE = {"with_", "expressions", "from_"}
_TURNED: dict[type[exp.Expr], type[exp.Binary]] = {exp.GT: exp.LT, exp.GTE: exp.LTE}


def canonical(tree: exp.Query, dialect: str, schema: dict[str, Any]) -> exp.Expr:
    """A qualified query with CTEs, joins and aliases in one form; `schema` as sqlglot wants it."""
    plain: exp.Expr = _spelled(tree.copy())
    try:
        plain = _optimized(plain.copy(), schema, dialect)
    except Exception:  # the optimizer gives up on queries that are fine; then the text itself counts
        return _spelled(tree.copy())
    return _named(_unwrapped(plain), dialect)


def expressions(tree: exp.Expr, dialect: str) -> list[str]:
    """What each output is made of, over all branches of a union."""
    branches = [[text(_value(p), dialect) for p in leaf.selects] for leaf in _leaves(tree)]
    return [" | ".join(parts) for parts in zip(*branches, strict=False)]


def rows(tree: exp.Expr, dialect: str) -> str:
    """All that decides which rows there are: everything but the outputs, unless those are told apart."""
    rest = tree.copy()
    if isinstance(rest, exp.Select) and not (rest.args.get("limit") or rest.args.get("offset")):
        rest.set("order", None)  # without a limit the order of rows means nothing to a table
    leaves = list(_leaves(rest))
    if any(_tells_apart(node) for node in (*leaves, *_unions(rest))):
        return text(rest, dialect)
    for leaf in leaves:
        leaf.set("expressions", [exp.Star()])
    return text(rest, dialect)


def text(tree: exp.Expr, dialect: str) -> str:
    """The tree in one spelling."""
    return tree.sql(dialect=dialect, comments=False, normalize=True)


def _optimized(tree: exp.Expr, schema: dict[str, Any], dialect: str) -> exp.Expr:
    """As sqlglot's own `optimize`, which spends half of its time on finding out what each pass takes."""
    given = {
        "schema": ensure_schema(schema, dialect=dialect),
        "dialect": dialect,
        "isolate_tables": True,
        "quote_identifiers": False,
    }
    for step in _PASSES:
        tree = step(tree, **{name: given[name] for name in _taken(step) if name in given})
    return tree


@cache
def _taken(step: Callable[..., exp.Expr]) -> tuple[str, ...]:
    return tuple(inspect.getfullargspec(step).args)


def _value(projection: exp.Expr) -> exp.Expr:
    return projection.this if isinstance(projection, exp.Alias) else projection


def _leaves(tree: exp.Expr) -> Iterator[exp.Select]:
    """The SELECTs of a query that put out its rows."""
    if isinstance(tree, exp.SetOperation):
        yield from _leaves(tree.left)
        yield from _leaves(tree.right)
    elif isinstance(tree, exp.Subquery):
        yield from _leaves(tree.this)
    elif isinstance(tree, exp.Select):
        yield tree


def _unions(tree: exp.Expr) -> Iterator[exp.SetOperation]:
    if isinstance(tree, exp.SetOperation):
        yield tree
        yield from _unions(tree.left)
        yield from _unions(tree.right)


def _tells_apart(node: exp.Expr) -> bool:
    """Whether the values of the outputs decide about rows."""
    if isinstance(node, exp.SetOperation):
        return not isinstance(node, exp.Union) or bool(node.args.get("distinct") or node.args.get("by_name"))
    group = node.args.get("group")
    return bool(node.args.get("distinct") or (group and group.args.get("all")))


def _spelled(tree: exp.Query) -> exp.Query:
    """BETWEEN as two comparisons, counting a constant as counting rows, a right join as a left one."""
    for between in list(tree.find_all(exp.Between)):
        if not between.args.get("symmetric"):
            low = exp.GTE(this=between.this.copy(), expression=between.args["low"].copy())
            high = exp.LTE(this=between.this.copy(), expression=between.args["high"].copy())
            between.replace(exp.paren(exp.And(this=low, expression=high)))
    for count in tree.find_all(exp.Count):
        if isinstance(count.this, exp.Literal) and not count.expressions:
            count.set("this", exp.Star())
            count.set("big_int", True)
    for select in tree.find_all(exp.Select):
        _turn_right_join(select)
    return tree


def _turn_right_join(select: exp.Select) -> None:
    joins = select.args.get("joins") or []
    plain = len(joins) == 1 and not joins[0].method and joins[0].kind in ("", "OUTER")
    if plain and joins[0].side == "RIGHT" and joins[0].args.get("on"):
        source, join = select.args["from_"], joins[0]
        left, right = source.this.copy(), join.this.copy()
        source.set("this", right)
        join.set("this", left)
        join.set("side", "LEFT")


def _unwrapped(tree: exp.Expr) -> exp.Expr:
    """A query around which another only picks columns, as the query itself."""
    while isinstance(tree, exp.Select) and {key for key, arg in tree.args.items() if arg} <= _BARE:
        inner = _picked(tree)
        if inner is None:
            break
        tree = inner
    return tree


def _picked(tree: exp.Select) -> exp.Query | None:
    source, clause = tree.args["from_"].this if tree.args.get("from_") else None, tree.args.get("with_")
    if not isinstance(source, exp.Table) or source.db or clause is None or clause.args.get("recursive"):
        return None
    cte = next((cte for cte in clause.expressions if cte.alias == source.name), None)
    values = [_value(projection) for projection in tree.selects]
    if cte is None or not all(isinstance(v, exp.Column) and v.table == source.alias_or_name for v in values):
        return None
    names = [
        (value.name, projection.alias_or_name) for value, projection in zip(values, tree.selects, strict=True)
    ]
    inner = _picking(cte.this, names)
    if inner is None or cte.args["alias"].args.get("columns") or inner.args.get("with_"):
        return None
    others = [other.copy() for other in clause.expressions if other is not cte]
    if any(table.name == cte.alias for other in others for table in other.find_all(exp.Table)):
        return None
    if others:
        inner.set("with_", exp.With(expressions=others))
    return inner


def _picking(query: exp.Expr, names: list[tuple[str, str]]) -> exp.Query | None:
    """A query that puts out some of its columns, each (before, now); nothing where rows would differ."""
    if not isinstance(query, exp.Query):
        return None
    own = [projection.alias_or_name for projection in query.selects]
    if names == [(name, name) for name in own]:
        return query.copy()
    if not isinstance(query, exp.Select) or len(set(own)) < len(own) or query.args.get("order"):
        return None
    if _tells_apart(query) and sorted(before for before, _ in names) != sorted(own):
        return None
    if not all(before in own for before, _ in names):
        return None
    copy = query.copy()
    values = {projection.alias_or_name: _value(projection) for projection in copy.selects}
    copy.set("expressions", [exp.alias_(values[before].copy(), now) for before, now in names])
    return copy


def _named(tree: exp.Expr, dialect: str) -> exp.Expr:
    """CTEs by what they say, in one order, and the bodies of all in one form."""
    clause = tree.args.get("with_")
    if clause is None or clause.args.get("recursive"):
        return _formed(tree, dialect)
    tree.set("with_", None)
    waiting, done = list(clause.expressions), {}
    while waiting:
        cte = waiting.pop(0)
        body = _formed(cte.this, dialect)
        columns = [column.copy() for column in cte.args["alias"].args.get("columns") or ()]
        said = " ".join([*(column.name for column in columns), text(body, dialect)])
        name = _CTE + hashlib.sha256(said.encode()).hexdigest()[:16]
        for reader in (*waiting, tree):
            _refer(reader, cte.alias, name)
        alias = exp.TableAlias(this=exp.to_identifier(name), columns=columns)
        done[name] = exp.CTE(this=body.copy(), alias=alias)
    tree = _formed(tree, dialect)
    tree.set("with_", exp.With(expressions=[done[name] for name in sorted(done)]))
    return tree


def _refer(tree: exp.Expr, old: str, new: str) -> None:
    for table in tree.find_all(exp.Table):
        if table.name == old and not table.db:
            table.set("this", exp.to_identifier(new))


def _formed(tree: exp.Expr, dialect: str) -> exp.Expr:
    """Joins, aliases and conditions of one query in one form."""
    for select in tree.find_all(exp.Select):
        _turn_right_join(select)
        _sort_joins(select)
    _number_sources(tree)
    return _sorted(tree, dialect)


def _sort_joins(select: exp.Select) -> None:
    """Inner joins, before any outer one, as a product in order of names; their conditions are a filter."""
    joins = select.args.get("joins") or []
    inner = [join for join in joins if _is_inner(join)]
    outer = joins[len(inner) :]
    tables = [select.args["from_"].this, *(join.this for join in inner)] if inner else []
    if joins[: len(inner)] != inner or not all(map(_is_plain, tables)):
        return
    if not inner or not all(join.side == "LEFT" and not join.args.get("using") for join in outer):
        return
    conditions = [join.args["on"].copy() for join in inner if join.args.get("on")]
    first, *others = sorted((table.copy() for table in tables), key=_dotted)
    select.args["from_"].set("this", first)
    select.set("joins", [*(exp.Join(this=table, kind="CROSS") for table in others), *outer])
    if conditions:
        select.where(*conditions, copy=False)


def _is_inner(join: exp.Join) -> bool:
    odd = join.side or join.method or join.args.get("using") or join.args.get("pivots")
    return not odd and join.kind in ("", "INNER", "CROSS")


def _is_plain(table: exp.Expr) -> bool:
    return isinstance(table, exp.Table) and {key for key, arg in table.args.items() if arg} <= {
        "this",
        "db",
        "catalog",
        "alias",
    }


def _dotted(table: exp.Expr) -> str:
    return ".".join(part.name for part in table.parts) if isinstance(table, exp.Table) else ""


def _number_sources(tree: exp.Expr) -> None:
    """Aliases by table, depth and place, so that their own names mean nothing."""
    columns: dict[int, tuple[exp.Column, str]] = {}
    sources: list[tuple[exp.Expr, str]] = []
    for scope in traverse_scope(tree):  # the innermost first, to which a name belongs that two have
        numbered = _numbered(scope)
        sources += [(scope.selected_sources[name][0], new) for name, new in numbered.items()]
        for column in scope.columns:
            if column.table in numbered:
                columns.setdefault(id(column), (column, numbered[column.table]))
    for column, new in columns.values():
        column.set("table", exp.to_identifier(new))
    for source, new in sources:
        alias = source.args.get("alias")
        if isinstance(alias, exp.TableAlias):
            alias.set("this", exp.to_identifier(new))
        else:
            source.set("alias", exp.TableAlias(this=exp.to_identifier(new)))


def _numbered(scope: Scope) -> dict[str, str]:
    """The new alias of each source; one that is computed is called the same whatever it computes."""
    numbered, times, depth = {}, Counter[str](), _depth(scope)
    for name, (source, _) in scope.selected_sources.items():
        computed = not isinstance(source, exp.Table) or source.name.startswith(_CTE)
        label = _CTE if computed else source.name
        numbered[name] = f"{label}_{depth}_{times[label]}"
        times[label] += 1
    return numbered


def _depth(scope: Scope) -> int:
    depth, around = 0, scope.parent
    while around is not None:
        depth, around = depth + 1, around.parent
    return depth


def _sorted(tree: exp.Expr, dialect: str) -> exp.Expr:
    """Sides of comparisons, conditions and grouping columns in the order of their texts, innermost first."""
    for node in reversed(list(tree.walk(bfs=True))):
        if type(node) in _TURNED:
            node.replace(_TURNED[type(node)](this=node.expression.copy(), expression=node.this.copy()))
        elif isinstance(node, (exp.EQ, exp.NEQ)):
            left, right = sorted((node.this.copy(), node.expression.copy()), key=lambda e: text(e, dialect))
            node.set("this", left)
            node.set("expression", right)
        elif isinstance(node, exp.Connector) and type(node.parent) is not type(node):
            _replace(node, _joined(node, dialect))
        elif isinstance(node, exp.Group):
            node.set("expressions", sorted(node.expressions, key=lambda e: text(e, dialect)))
    return tree


def _replace(node: exp.Expr, new: exp.Expr) -> None:
    node.set("this", new.this)
    node.set("expression", new.expression)


def _joined(node: exp.Connector, dialect: str) -> exp.Expr:
    parts = sorted(_parts(node), key=lambda part: text(part, dialect))
    return _chain(type(node), parts)


def _parts(node: exp.Connector) -> Iterable[exp.Expr]:
    return [part.copy() for part in node.flatten()]


def _chain(kind: type[exp.Connector], parts: list[exp.Expr]) -> exp.Expr:
    whole = parts[0]
    for part in parts[1:]:
        whole = kind(this=whole, expression=part)
    return whole
