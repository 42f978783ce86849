"""Whether a query gives every row of a changed table again, so that a look-up in it always finds the row."""

from collections.abc import Callable, Iterator

from sqlglot import exp

Judge = Callable[[exp.Expr], bool | None]
"""Tells whether a condition is true, or false, for every row; `None` when it depends."""

_DEEPEST = 12
_NARROWING = ("having", "qualify", "sample", "match", "connect", "prewhere", "laterals", "offset", "pivots")
_CHANGING = (*_NARROWING, "where", "group", "distinct", "limit", "joins")
_CHANGES = (exp.Delete, exp.Update, exp.Merge, exp.Insert)


def target(node: exp.Expr) -> exp.Table | None:
    """The stored table that the change around a node is made to, found behind its alias."""
    change = node if isinstance(node, _CHANGES) else node.find_ancestor(*_CHANGES)
    if change is None:
        return None
    table = change.this.this if isinstance(change.this, exp.Schema) else change.this
    if not isinstance(table, exp.Table):
        table = next(iter(change.args.get("tables") or ()), None)
    for source in sources(change):
        if isinstance(source, exp.Table) and isinstance(table, exp.Table) and source.alias == table.name:
            return source
    return table if isinstance(table, exp.Table) else None


def sources(change: exp.Expr) -> Iterator[exp.Expr]:
    """What a change reads beside its target: in FROM, USING and joins."""
    yield from (source for source in _named(change) if source is not change.this)
    yield from (join.this for join in joins(change) if isinstance(join.this, exp.Expr))


def joins(change: exp.Expr) -> Iterator[exp.Join]:
    """The joins of a change, behind its target or behind what it reads."""
    for source in _named(change):
        yield from (join for join in source.args.get("joins") or () if isinstance(join, exp.Join))


def _named(change: exp.Expr) -> list[exp.Expr]:
    using, start = change.args.get("using"), change.args.get("from_")
    named = [change.this, *(using if isinstance(using, list) else [using])]
    named.append(start.this if isinstance(start, exp.From) else None)
    return [source for source in named if isinstance(source, exp.Expr)]


def covers(source: object, table: exp.Table, always: Judge, depth: int = _DEEPEST) -> bool:
    """Whether every row of the table is among the rows of a source, as far as the text tells."""
    if depth == 0 or not isinstance(source, exp.Expr) or not _whole(source, always):
        return False
    if isinstance(source, exp.Table):
        query = definition(source)
        return same(source, table) if query is None else covers(query, table, always, depth - 1)
    if isinstance(source, exp.Subquery):
        return covers(source.this, table, always, depth - 1)
    if isinstance(source, (exp.Union, exp.Intersect)):
        enough = any if isinstance(source, exp.Union) else all
        return enough(covers(side, table, always, depth - 1) for side in (source.this, source.expression))
    start = source.args.get("from_") if isinstance(source, exp.Select) else None
    return isinstance(start, exp.From) and covers(start.this, table, always, depth - 1)


def origin(query: object, number: int, depth: int = _DEEPEST) -> str:
    """The stored column that an output of a query is; `*` for a star, nothing when it is computed."""
    if depth == 0 or not isinstance(query, exp.Query):
        return ""
    if isinstance(query, (exp.Subquery, exp.SetOperation)):
        return origin(query.this, number, depth - 1)
    selects = query.selects
    if any(select.is_star for select in selects):
        return "*"
    output = selects[number].unalias() if number < len(selects) else None
    if not isinstance(output, exp.Column):
        return ""
    start = query.args.get("from_")
    return stored(output.name.lower(), start.this if isinstance(start, exp.From) else None, depth)


def stored(name: str, source: object, depth: int = _DEEPEST) -> str:
    """The stored column behind a name that a source gives it."""
    inner = definition(source) if isinstance(source, exp.Table) else source
    if isinstance(inner, exp.Subquery):
        inner = inner.this
    if not isinstance(inner, exp.Query) or not isinstance(source, exp.Expr):
        return name
    outer = inner.parent
    names = list(source.alias_column_names)
    if not names and isinstance(outer, (exp.CTE, exp.Subquery)):
        names = list(outer.alias_column_names)
    names = [found.lower() for found in names or (s.alias_or_name for s in inner.selects)]
    if name not in names:
        return name if any(select.is_star for select in inner.selects) else ""
    found = origin(inner, names.index(name), depth - 1)
    return name if found == "*" else found


def definition(table: exp.Table) -> exp.Query | None:
    """The query that a WITH clause gives the name of a table at its place; `None` for a stored table."""
    if table.args.get("db"):
        return None
    inside: exp.Expr = table
    node = table.parent
    while node is not None:
        clause = node if isinstance(node, exp.With) else node.args.get("with_")
        if isinstance(clause, exp.With) and clause is not inside:
            for cte in clause.expressions:
                if cte is inside:
                    break  # A member sees those before it; that it may see itself adds no rows.
                if cte.alias.lower() == table.name.lower() and isinstance(cte.this, exp.Query):
                    return cte.this
        inside, node = node, node.parent
    return None


def passes_on(source: object, depth: int = _DEEPEST) -> bool:
    """Whether a sub-query or CTE gives the rows of a stored table just as they are."""
    if depth == 0 or not isinstance(source, exp.Expr):
        return False
    if isinstance(source, exp.Table):
        query = definition(source)
        return isinstance(source.this, exp.Identifier) if query is None else passes_on(query, depth - 1)
    if isinstance(source, (exp.Subquery, exp.Lateral)):
        return passes_on(source.this, depth - 1)
    if not isinstance(source, exp.Select) or any(source.args.get(clause) for clause in _CHANGING):
        return False
    start = source.args.get("from_")
    computed = any(output.find(exp.AggFunc) for output in source.selects)
    return not computed and isinstance(start, exp.From) and passes_on(start.this, depth - 1)


def same(one: exp.Table, other: exp.Table) -> bool:
    """Whether two mentions may mean one table: a qualifier is compared where both have one."""
    return one.name.lower() == other.name.lower() != "" and (
        not one.db or not other.db or one.db.lower() == other.db.lower()
    )


def empty(query: object, always: Judge) -> bool:
    """Whether a query has no rows whatever is stored."""
    inner = query.unnest() if isinstance(query, exp.Expr) else None
    if not isinstance(inner, exp.Select):
        return False
    where, limit = inner.args.get("where"), inner.args.get("limit")
    count = limit.args.get("expression") if isinstance(limit, exp.Limit) else None
    none = isinstance(count, exp.Literal) and count.name == "0"
    return none or (isinstance(where, exp.Where) and always(where.this) is False)


def _whole(query: exp.Expr, always: Judge) -> bool:
    """Whether no clause of a query leaves out rows of what it reads."""
    where, limit = query.args.get("where"), query.args.get("limit")
    if limit is not None and not (isinstance(limit, exp.Limit) and isinstance(limit.expression, exp.Var)):
        return False  # LIMIT ALL leaves nothing out.
    if any(query.args.get(clause) for clause in _NARROWING):
        return False
    sides = (str(join.args.get("side")).upper() for join in query.args.get("joins") or ())
    if not all(side in ("LEFT", "FULL") for side in sides):
        return False
    return not isinstance(where, exp.Where) or all(
        always(part) or _asks_for_a_value(part) for part in _parts(where.this)
    )


def _parts(condition: exp.Expr) -> list[exp.Expr]:
    whole = condition.unnest()
    return list(whole.flatten()) if isinstance(whole, exp.And) else [whole]


def _asks_for_a_value(condition: exp.Expr) -> bool:
    """`id IS NOT NULL`, which a list of keys is asked so that it holds no gaps."""
    denied = isinstance(condition, exp.Not) or bool(condition.args.get("negate"))
    test = condition.this.unnest() if isinstance(condition, exp.Not) else condition
    return denied and isinstance(test, exp.Is) and isinstance(test.expression, exp.Null)
