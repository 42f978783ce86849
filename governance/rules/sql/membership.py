"""Look-ups that always find the row that asks: a key in its own table, in whatever query it is wrapped."""

from sqlglot import exp

from governance.rules.sql.coverage import Judge, covers, empty, origin, target
from governance.rules.sql.values import plain

_EQUAL = (exp.EQ, exp.NullSafeEQ, exp.EqualNull)
_LEAST: dict[type[exp.Expr], type[exp.Expr]] = {exp.GTE: exp.Min, exp.LTE: exp.Max}


def in_list(node: exp.In, always: Judge) -> bool | None:
    """The answer of `value IN (…)`, of a list, a query or an array."""
    offered = node.args.get("query") or node.args.get("unnest")
    if isinstance(offered, exp.Expr):
        return _found(node.this, offered, always)
    if node.expressions:
        return (
            True
            if any(item == node.this or plain(item) == plain(node.this) for item in node.expressions)
            else None
        )
    return None if node.args.get("field") else False  # SQLite takes an empty list.


def quantified(kind: type[exp.Expr], left: exp.Expr, right: exp.Expr, always: Judge) -> bool | None:
    """The answer of `value = ANY (…)` and `value > ALL (…)`."""
    if isinstance(right, exp.All):
        return True if empty(_query(right.this), always) else None
    return _found(left, right.this, always) if issubclass(kind, (exp.EQ, exp.GTE, exp.LTE)) else None


def beyond(kind: type[exp.Expr], left: exp.Expr, right: exp.Expr, always: Judge) -> bool | None:
    """`id >= (SELECT min(id) FROM the same table)`: nothing lies before the first."""
    query, table = right.unnest(), target(left)
    end = query.selects[0].unalias() if isinstance(query, exp.Select) and len(query.selects) == 1 else None
    if table is None or kind not in _LEAST or not isinstance(end, _LEAST[kind]):
        return None
    same = isinstance(end.this, exp.Column) and isinstance(left, exp.Column) and end.this.name == left.name
    return True if same and covers(query, table, always) else None


def exists(node: exp.Exists, always: Judge) -> bool | None:
    """The answer of EXISTS: of a query without FROM, of one without rows, of each row's own self."""
    query, table = node.this.unnest() if isinstance(node.this, exp.Expr) else None, target(node)
    if not isinstance(query, exp.Select):
        return None
    if empty(query, always):
        return False
    start, where = query.args.get("from_"), query.args.get("where")
    if start is None:
        return None if any(query.args.get(k) for k in ("where", "having", "limit")) else True
    narrowed = any(query.args.get(k) for k in ("joins", "having", "offset", "qualify", "laterals"))
    if narrowed or table is None or not isinstance(where, exp.Where) or not covers(start.this, table, always):
        return None
    return True if same_column(where.this.unnest()) else None


def same_column(condition: exp.Expr) -> bool:
    """Whether a condition only sets columns of one name equal to each other."""
    parts = list(condition.flatten()) if isinstance(condition, exp.And) else [condition]
    return all(_pairs(part.unnest()) for part in parts)


def _pairs(part: exp.Expr) -> bool:
    if isinstance(part, exp.In) and len(part.expressions) == 1:
        left, right = part.this, part.expressions[0]
    elif isinstance(part, _EQUAL):
        left, right = part.this, part.expression
    else:
        return False
    left, right = plain(left), plain(right)
    return isinstance(left, exp.Column) and isinstance(right, exp.Column) and left.name == right.name


def _found(value: exp.Expr, offered: object, always: Judge) -> bool | None:
    query = _query(offered)
    if query is not None:
        return False if empty(query, always) else _own_keys(value, query, always)
    items = plain(offered) if isinstance(offered, exp.Expr) else None
    alone = items.expressions if isinstance(items, (exp.Array, exp.Tuple, exp.Unnest)) else [items]
    return True if any(isinstance(item, exp.Expr) and plain(item) == plain(value) for item in alone) else None


def _query(offered: object) -> exp.Query | None:
    """The query behind `ANY(…)`, `ARRAY(SELECT …)` and `UNNEST(ARRAY(SELECT …))`."""
    while isinstance(offered, exp.Expr) and not isinstance(offered, exp.Query):
        if isinstance(offered, (exp.Array, exp.Unnest)):
            offered = offered.expressions[0] if len(offered.expressions) == 1 else None
        elif isinstance(offered, (exp.Paren, exp.Any)):
            offered = offered.this
        else:
            return None
    found = offered.unnest() if isinstance(offered, exp.Query) else None
    return found if isinstance(found, exp.Query) else None


def _own_keys(value: exp.Expr, query: exp.Query, always: Judge) -> bool | None:
    """`id IN (SELECT id FROM the same table)` keeps every row."""
    table = target(value)
    keys = value.expressions if isinstance(value, exp.Tuple) else [value]
    if table is None or not covers(query, table, always):
        return None
    wide = len(query.selects) != len(keys)
    same = (origin(query, number) for number, _ in enumerate(keys))
    pairs = list(zip(keys, same, query.selects, strict=False))
    if wide and not any(found == "*" for _, found, _ in pairs):
        return None
    kept = all(found in (key.name.lower(), "*") or got.unalias() == key for key, found, got in pairs)
    return True if kept else None
