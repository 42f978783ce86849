"""Seeded changes of one model: those that an agent makes by mistake, and those that change nothing."""

import random
import re
from collections.abc import Callable, Mapping

from sqlglot import exp, parse_one

Change = Callable[[exp.Query, random.Random], exp.Expr | str | None]
"""Takes a query apart and gives another, or nothing where the query has no place for it."""


def mutate(name: str, sql: str, chance: random.Random) -> str | None:
    """The query after a change of that name; nothing when it does not apply or says the same text."""
    tree = parse_one(sql, dialect="duckdb")
    assert isinstance(tree, exp.Query)
    plain = tree.sql(dialect="duckdb")
    changed = CHANGES[name](tree, chance)
    if changed is None:
        return None
    text = changed if isinstance(changed, str) else changed.sql(dialect="duckdb")
    return text if text != plain else None


def _outer(tree: exp.Query) -> exp.Select | None:
    return tree if isinstance(tree, exp.Select) else None


def _pick(tree: exp.Expr, chance: random.Random, *kinds: type[exp.Expr]) -> exp.Expr | None:
    found = list(tree.find_all(*kinds))
    return chance.choice(found) if found else None


def _projection(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    """One named projection of the outer query, star excluded."""
    select = _outer(tree)
    named = [p for p in select.selects if p.alias_or_name not in ("", "*")] if select else []
    return chance.choice(named) if named else None


def _value(projection: exp.Expr) -> exp.Expr:
    return projection.this if isinstance(projection, exp.Alias) else projection


def _named(value: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(value.copy(), name)


def _drop_column(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    one = _projection(tree, chance)
    if one is None or len(tree.selects) < 2:
        return None
    one.pop()
    return tree


def _rename_column(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    one = _projection(tree, chance)
    if one is not None:
        one.replace(_named(_value(one), f"{one.alias_or_name}_new"))
    return tree


def _retype(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    one = _projection(tree, chance)
    if one is not None:
        kind = chance.choice(["varchar", "bigint", "double", "decimal(18, 3)"])
        one.replace(_named(exp.cast(_value(one).copy(), kind, dialect="duckdb"), one.alias_or_name))
    return tree


def _reorder(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    select = _outer(tree)
    group = select.args.get("group") if select else None
    if select is None or len(select.selects) < 2 or (group and any(g.is_number for g in group.expressions)):
        return None
    columns = select.selects[:]
    chance.shuffle(columns)
    select.set("expressions", columns)
    return select


def _join_kind(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    join = _pick(tree, chance, exp.Join)
    if join is None:
        return None
    side = chance.choice([s for s in ("", "LEFT", "RIGHT", "FULL") if s != (join.args.get("side") or "")])
    join.set("side", side or None)
    join.set("kind", None if side else "INNER")
    return tree


def _join_key(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    joins = [join for join in tree.find_all(exp.Join) if join.args.get("on")]
    if not joins:
        return None
    join = chance.choice(joins)
    on = join.args["on"]
    join.set("on", exp.and_(on, exp.condition(on.find(exp.Column).copy()).neq(2)))
    return tree


def _filter_added(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    select, column = _pick(tree, chance, exp.Select), None
    if isinstance(select, exp.Select):
        column = next((c for c in select.expressions if isinstance(c, exp.Column) and not c.is_star), None)
    if column is None or not isinstance(select, exp.Select):
        return None
    select.where(exp.condition(column.copy()).is_(exp.null()).not_(), copy=False)
    return tree


def _filter_gone(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    clause = _pick(tree, chance, exp.Where, exp.Having, exp.Qualify)
    if clause is not None:
        clause.pop()
    return tree


def _comparison(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    other = {
        exp.GT: exp.GTE,
        exp.LT: exp.LTE,
        exp.EQ: exp.NEQ,
        exp.NEQ: exp.EQ,
        exp.GTE: exp.GT,
        exp.LTE: exp.LT,
    }
    found = _pick(tree, chance, *other)
    if found is not None:
        found.replace(other[type(found)](this=found.this.copy(), expression=found.expression.copy()))
    return tree


def _literal(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    numbers = [
        n
        for n in tree.find_all(exp.Literal)
        if n.is_int and not isinstance(n.parent, (exp.Group, exp.DataTypeParam))
    ]
    if not numbers:
        return None
    number = chance.choice(numbers)
    number.replace(exp.Literal.number(int(number.this) + chance.choice([1, 2])))
    return tree


def _and_or(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    found = _pick(tree, chance, exp.And, exp.Or)
    if found is not None:
        other = exp.Or if isinstance(found, exp.And) else exp.And
        found.replace(other(this=found.this.copy(), expression=found.expression.copy()))
    return tree


def _grain(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    """One column fewer in GROUP BY; where it was shown, any value of the group is."""
    group = _pick(tree, chance, exp.Group)
    if group is None or len(group.expressions) < 2 or group.expressions[0].is_number:
        return None
    gone = group.expressions[-1]
    for projection in group.parent.selects if isinstance(group.parent, exp.Select) else ():
        if _value(projection).sql() == gone.sql():
            projection.replace(_named(exp.Min(this=gone.copy()), projection.alias_or_name))
    gone.pop()
    return tree


def _aggregate(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    found = _pick(tree, chance, exp.Sum, exp.Min, exp.Max, exp.Avg)
    if found is not None:
        kind = chance.choice([k for k in (exp.Sum, exp.Min, exp.Max, exp.Count) if not isinstance(found, k)])
        found.replace(kind(this=found.this.copy()))
    return tree


def _count_column(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    """count(distinct x) for count(x), count(x) for count(*)."""
    found = _pick(tree, chance, exp.Count)
    if found is None:
        return None
    inner = found.this.expressions[0] if isinstance(found.this, exp.Distinct) else None
    column = inner or next((c for c in tree.find_all(exp.Column) if not c.is_star), None)
    if column is not None:
        found.replace(exp.Count(this=column.copy()))
    return tree


def _constant(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    one = _projection(tree, chance)
    if one is not None:
        value = chance.choice([exp.Literal.number(0), exp.null(), exp.Literal.string("x")])
        one.replace(_named(value, one.alias_or_name))
    return tree


def _swap(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    """Two columns under each other's names."""
    select = _outer(tree)
    named = [p for p in select.selects if p.alias_or_name not in ("", "*")] if select else []
    if len(named) < 2:
        return None
    one, two = chance.sample(named, 2)
    first, second = _named(_value(two), one.alias_or_name), _named(_value(one), two.alias_or_name)
    one.replace(first)
    two.replace(second)
    return tree


def _distinct(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    select = _pick(tree, chance, exp.Select)
    if isinstance(select, exp.Select):
        select.set("distinct", None if select.args.get("distinct") else exp.Distinct())
    return tree


def _limit(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    limit = tree.args.get("limit")
    return tree.limit(int(limit.expression.this) // 2 if limit else chance.randrange(3, 40))


def _union_kind(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    union = _pick(tree, chance, exp.Union)
    if union is not None:
        union.set("distinct", not union.args.get("distinct"))
    return tree


def _union_branch(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    union = _pick(tree, chance, exp.Union)
    if union is None or union is tree:
        return union.this if union is not None and not union.args.get("with_") else None
    union.replace(union.this.copy())
    return tree


def _window(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    window = _pick(tree, chance, exp.Window)
    if window is None:
        return None
    order = window.args.get("order")
    if order and chance.random() < 0.6:
        first = order.expressions[0]
        first.set("desc", not first.args.get("desc"))
        first.set("nulls_first", False)
    else:
        window.set("partition_by", [])
    return tree


def _coalesce_gone(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    found = _pick(tree, chance, exp.Coalesce)
    if found is not None:
        found.replace(found.this.copy())
    return tree


def _branches(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    """The first branch of a CASE goes last, or its default is lost."""
    case = _pick(tree, chance, exp.Case)
    if case is None:
        return None
    if chance.random() < 0.5 and len(case.args["ifs"]) > 1:
        case.set("ifs", [*case.args["ifs"][1:], case.args["ifs"][0]])
    else:
        case.set("default", None)
    return tree


def _operator(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    found = _pick(tree, chance, exp.Add, exp.Sub, exp.Mul)
    if found is not None:
        other = chance.choice([k for k in (exp.Add, exp.Sub, exp.Mul) if not isinstance(found, k)])
        found.replace(other(this=found.this.copy(), expression=found.expression.copy()))
    return tree


def _other_column(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    """One column for another of the same source."""
    columns = [c for c in tree.find_all(exp.Column) if not c.is_star]
    if len(columns) < 2:
        return None
    one = chance.choice(columns)
    others = [c for c in columns if c.name != one.name and c.table == one.table]
    if not others:
        return None
    value = chance.choice(others).copy()
    top = isinstance(one.parent, exp.Select) and one.arg_key == "expressions"
    one.replace(_named(value, one.name) if top else value)
    return tree


def _null_filter(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    """`a <> 1 or a is null` where nulls were left out."""
    found = _pick(tree, chance, exp.NEQ, exp.GT)
    if found is not None:
        empty = exp.condition(found.this.copy()).is_(exp.null())
        found.replace(exp.paren(exp.or_(found.copy(), empty)))
    return tree


def _filter_past_limit(tree: exp.Query, chance: random.Random) -> exp.Expr | str | None:
    """A filter that moves past a window, a limit or a group: it looks like a rewrite, and is none."""
    inner = next((s for s in tree.find_all(exp.Select) if s.args.get("limit") or s.find(exp.Window)), None)
    column = next((c for c in inner.find_all(exp.Column) if not c.is_star), None) if inner else None
    if inner is None or column is None:
        return None
    inner.where(exp.condition(column.copy()) > 2, copy=False)
    return tree


def _on_to_where(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    """A condition of the WHERE that moves into the ON of a left join."""
    for select in tree.find_all(exp.Select):
        where, joins = select.args.get("where"), select.args.get("joins") or []
        if where and joins and joins[-1].args.get("on"):
            joins[-1].set("on", exp.and_(joins[-1].args["on"], where.this.copy()))
            where.pop()
            return tree
    return None


def _cte(tree: exp.Query, chance: random.Random) -> str:
    return f"with wrapped as ({tree.sql(dialect='duckdb')}) select * from wrapped"


def _subquery(tree: exp.Query, chance: random.Random) -> str:
    return f"select * from ({tree.sql(dialect='duckdb')}) as wrapped"


def _alias(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    """Every alias of a table by another name."""
    names = {
        t.alias: f"{t.alias}_z"
        for t in tree.find_all(exp.Table, exp.Subquery)
        if t.alias and "wrapped" not in t.alias
    }
    for source in tree.find_all(exp.Table, exp.Subquery):
        if source.alias in names:
            source.args["alias"].set("this", exp.to_identifier(names[source.alias]))
    for column in tree.find_all(exp.Column):
        if column.table in names:
            column.set("table", exp.to_identifier(names[column.table]))
    return tree


def _cte_name(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    names = {cte.alias: f"{cte.alias}_q" for cte in tree.find_all(exp.CTE)}
    for cte in tree.find_all(exp.CTE):
        cte.args["alias"].set("this", exp.to_identifier(names[cte.alias]))
    for table in tree.find_all(exp.Table):
        if table.name in names:
            alias = table.alias or table.name
            table.set("this", exp.to_identifier(names[table.name]))
            table.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
    return tree


def _turned(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    """`1 = a` for `a = 1`, `1 < a` for `a > 1`."""
    other = {
        exp.EQ: exp.EQ,
        exp.NEQ: exp.NEQ,
        exp.GT: exp.LT,
        exp.LT: exp.GT,
        exp.GTE: exp.LTE,
        exp.LTE: exp.GTE,
    }
    found = _pick(tree, chance, *other)
    if found is not None:
        found.replace(other[type(found)](this=found.expression.copy(), expression=found.this.copy()))
    return tree


def _negated(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    """`not (a <> 1)` for `a = 1`."""
    other = {
        exp.EQ: exp.NEQ,
        exp.NEQ: exp.EQ,
        exp.GT: exp.LTE,
        exp.LT: exp.GTE,
        exp.GTE: exp.LT,
        exp.LTE: exp.GT,
    }
    found = _pick(tree, chance, *other)
    if found is not None:
        found.replace(
            exp.not_(
                exp.paren(other[type(found)](this=found.this.copy(), expression=found.expression.copy()))
            )
        )
    return tree


def _between(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    found = _pick(tree, chance, exp.Between)
    if found is None:
        return None
    low = exp.GTE(this=found.this.copy(), expression=found.args["low"].copy())
    high = exp.LTE(this=found.this.copy(), expression=found.args["high"].copy())
    found.replace(exp.paren(exp.and_(low, high)))
    return tree


def _conditions(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    found = _pick(tree, chance, exp.And, exp.Or)
    if found is not None:
        found.replace(type(found)(this=found.expression.copy(), expression=found.this.copy()))
    return tree


def _pretty(tree: exp.Query, chance: random.Random) -> str:
    return (
        tree.sql(dialect="duckdb", pretty=True).upper()
        if "'" not in tree.sql()
        else tree.sql(dialect="duckdb", pretty=True)
    )


def _comments(tree: exp.Query, chance: random.Random) -> str:
    return "-- what this is for\n" + re.sub(
        r"(?i)\bfrom\b", "/* from here */\nfrom", tree.sql(dialect="duckdb")
    )


def _ifnull(tree: exp.Query, chance: random.Random) -> str | None:
    text = tree.sql(dialect="duckdb")
    return re.sub(r"(?i)coalesce\(", "ifnull(", text) if tree.find(exp.Coalesce) else None


def _where_into_cte(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    """`from t where …` as `from (select * from t where …) as t`."""
    select = _outer(tree)
    source = select.args.get("from_") if select else None
    where = select.args.get("where") if select else None
    if (
        select is None
        or source is None
        or where is None
        or select.args.get("joins")
        or not isinstance(source.this, exp.Table)
    ):
        return None
    if where.find(exp.Subquery, exp.Exists):
        return None
    name = source.this.alias_or_name
    inner = exp.select("*").from_(source.this.copy()).where(where.this.copy())
    where.pop()
    source.this.replace(exp.to_table("kept").as_(name))
    return select.with_("kept", inner)


def _added_column(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    select = _outer(tree)
    if select is None or select.args.get("distinct"):
        return None
    extra = chance.choice([exp.Literal.number(1), exp.Literal.string("new")])
    return select.select(_named(extra, "extra_column"))


def _count_one(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    for count in list(tree.find_all(exp.Count)):
        if count.is_star or isinstance(count.this, exp.Star):
            count.replace(exp.Count(this=exp.Literal.number(1)))
    return tree


def _group_spelled(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    """GROUP BY 1, 2 as the names, the names as numbers."""
    select = _outer(tree)
    group = select.args.get("group") if select else None
    if select is None or group is None or not group.expressions:
        return None
    values = [_value(p) for p in select.selects]
    texts = [value.sql() for value in values]
    for part in list(group.expressions):
        if part.is_number:
            part.replace(values[int(part.this) - 1].copy())
        elif part.sql() in texts:
            part.replace(exp.Literal.number(texts.index(part.sql()) + 1))
    return tree


def _group_order(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    group = _pick(tree, chance, exp.Group)
    if group is not None:
        group.set("expressions", group.expressions[::-1])
    return tree


def _join_turned(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    """`a left join b` as `b right join a`, `a join b` as `b join a`; not below a bare star."""
    for select in tree.find_all(exp.Select):
        source, joins = select.args.get("from_"), select.args.get("joins") or []
        bare = any(isinstance(p, exp.Star) for p in select.selects)
        if source and len(joins) == 1 and joins[0].args.get("on") and not bare:
            left, right = source.this.copy(), joins[0].this.copy()
            source.set("this", right)
            joins[0].set("this", left)
            if joins[0].side == "LEFT":
                joins[0].set("side", "RIGHT")
            return tree
    return None


def _cast_spelled(tree: exp.Query, chance: random.Random) -> str | None:
    text = tree.sql(dialect="duckdb")
    spelled = re.sub(r"CAST\((\w+) AS (\w+(?:\([\d, ]+\))?)\)", r"(\1)::\2", text)
    return spelled if spelled != text else None


def _qualified(tree: exp.Query, chance: random.Random) -> exp.Expr | None:
    """Columns with the name of their table where there is only one."""
    for select in tree.find_all(exp.Select):
        source = select.args.get("from_")
        if source and not select.args.get("joins") and not list(select.find_all(exp.Select))[1:]:
            for column in select.find_all(exp.Column):
                if not column.table and not column.is_star and source.this.alias_or_name:
                    column.set("table", exp.to_identifier(source.this.alias_or_name))
    return tree


BAD: Mapping[str, Change] = {
    "drop column": _drop_column,
    "rename column": _rename_column,
    "retype": _retype,
    "reorder": _reorder,
    "join kind": _join_kind,
    "join condition": _join_key,
    "filter added": _filter_added,
    "filter gone": _filter_gone,
    "comparison": _comparison,
    "literal": _literal,
    "and/or": _and_or,
    "grain": _grain,
    "aggregate": _aggregate,
    "what is counted": _count_column,
    "constant for a column": _constant,
    "two columns swapped": _swap,
    "distinct": _distinct,
    "limit": _limit,
    "union kind": _union_kind,
    "union branch gone": _union_branch,
    "window": _window,
    "coalesce gone": _coalesce_gone,
    "case branches": _branches,
    "operator": _operator,
    "other column": _other_column,
    "nulls let in": _null_filter,
    "filter past window": _filter_past_limit,
    "where into on": _on_to_where,
}
HARMLESS: Mapping[str, Change] = {
    "cte around": _cte,
    "subquery around": _subquery,
    "table aliases": _alias,
    "cte names": _cte_name,
    "comparison turned": _turned,
    "comparison negated": _negated,
    "between spelled": _between,
    "order of conditions": _conditions,
    "formatting": _pretty,
    "comments": _comments,
    "ifnull": _ifnull,
    "where into a cte": _where_into_cte,
    "added column": _added_column,
    "count(1)": _count_one,
    "group by spelled": _group_spelled,
    "group by order": _group_order,
    "join turned": _join_turned,
    "cast spelled": _cast_spelled,
    "columns qualified": _qualified,
}
CHANGES: Mapping[str, Change] = {**BAD, **HARMLESS}
