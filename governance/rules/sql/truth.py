"""Whether a condition is true for every row, as far as its text alone tells."""

from sqlglot import exp

from governance.rules.sql.samples import holds_for_all

_EVERY_TEXT = {"", ".*", "^", "$", "^.*$", "^.*", ".*$", ".?", "(.*)"}


def always(node: exp.Expr | None) -> bool | None:
    """True or False when the condition has one answer whatever the rows hold; `None` when it depends."""
    answer = _by_form(node)
    if answer is None and isinstance(node, (exp.Predicate, exp.Connector, exp.Not)) and holds_for_all(node):
        return True
    return answer


def _by_form(node: exp.Expr | None) -> bool | None:
    if isinstance(node, exp.Paren):
        return always(node.this)
    if isinstance(node, exp.Not):
        inner = always(node.this)
        return None if inner is None else not inner
    if isinstance(node, exp.And):
        return _both(node)
    if isinstance(node, exp.Or):
        return _either(node)
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Literal):
        return _number(node) != 0 if not node.is_string else None
    if isinstance(node, exp.Exists):
        return _full(node.this)
    if isinstance(node, exp.In):
        listed = any(item == node.this for item in node.expressions)
        return True if listed else _own_keys(node.this, node.args.get("query"))
    if isinstance(node, (exp.Like, exp.ILike, exp.Glob, exp.RegexpLike, exp.RegexpILike)):
        return _any_text(node)
    if isinstance(node, exp.Between) and node.this == node.args.get("low") == node.args.get("high"):
        return True
    if isinstance(node, exp.Case) and node.args.get("default") is not None and node.this is None:
        results = [node.args["default"], *(branch.args.get("true") for branch in node.args["ifs"])]
        return True if all(always(result) for result in results) else None
    if isinstance(node, exp.Predicate) and isinstance(node, exp.Binary):
        return _compared(node)
    return None


def _any_text(node: exp.Expr) -> bool | None:
    pattern = node.args.get("expression")
    if not isinstance(pattern, exp.Literal):
        return _compared(node) if isinstance(node, exp.Binary) else None
    if isinstance(node, (exp.RegexpLike, exp.RegexpILike)):
        return True if pattern.name in _EVERY_TEXT else None
    anything = "*" if isinstance(node, exp.Glob) else "%"
    return True if set(pattern.name) == {anything} else None


def _answers(parts: list[exp.Expr]) -> list[bool | None]:
    """Each part's answer; of very many only what their form tells, which takes no trying."""
    return [(always if len(parts) <= _MOST_PARTS else _by_form)(part) for part in parts]


def _both(node: exp.And) -> bool | None:
    answers = _answers(list(node.flatten()))
    if False in answers:
        return False
    return True if all(answers) else None


def _either(node: exp.Or) -> bool | None:
    parts = list(node.flatten())
    answers = _answers(parts)
    if True in answers or (len(parts) <= _MOST_PARTS and _covers(parts)):
        return True
    return False if all(answer is False for answer in answers) else None


def _covers(parts: list[exp.Expr]) -> bool:
    """Whether a condition and its opposite are both among the parts: `x is null or x is not null`."""
    claims = {_claim(part) for part in parts}
    return any((said, not holds) in claims for said, holds in claims)


def _claim(node: exp.Expr) -> tuple[str, bool]:
    """A condition as what it says and whether it says so or denies it."""
    node = node.unnest()
    if isinstance(node, exp.Not):
        said, holds = _claim(node.this)
        return said, not holds
    if isinstance(node, exp.Is):
        denies = isinstance(node.expression, exp.Not) != bool(node.args.get("negate"))
        value = node.expression.this if isinstance(node.expression, exp.Not) else node.expression
        return f"{node.this.sql(copy=False)} is {value.sql(copy=False)}".lower(), not denies
    if type(node) in _OPPOSITES and isinstance(node, exp.Binary):
        sign, holds = _OPPOSITES[type(node)]
        return f"{node.this.sql(copy=False)} {sign} {node.expression.sql(copy=False)}".lower(), holds
    return node.sql(copy=False).lower(), True


_MOST_PARTS = 1_000
_OPPOSITES: dict[type[exp.Expr], tuple[str, bool]] = {
    exp.EQ: ("=", True),
    exp.NEQ: ("=", False),
    exp.LT: ("<", True),
    exp.GTE: ("<", False),
    exp.GT: (">", True),
    exp.LTE: (">", False),
}


def _compared(node: exp.Binary) -> bool | None:
    left, right = node.this.unnest(), node.expression.unnest()
    if isinstance(right, exp.Any):
        return _own_keys(left, right.this) if isinstance(node, exp.EQ) else None
    if left == right:
        return isinstance(node, (exp.EQ, exp.GTE, exp.LTE, exp.NullSafeEQ, exp.Like, exp.ILike))
    first, second = _value(left), _value(right)
    if first is None or second is None or type(first) is not type(second):
        return None
    order = (first > second) - (first < second)  # type: ignore[operator]
    answers: dict[type[exp.Expr], bool] = {
        exp.EQ: order == 0,
        exp.NEQ: order != 0,
        exp.LT: order < 0,
        exp.GT: order > 0,
    }
    answers |= {exp.LTE: order <= 0, exp.GTE: order >= 0}
    return answers.get(type(node))


def _value(node: exp.Expr) -> float | str | None:
    if isinstance(node, exp.Literal):
        return node.name if node.is_string else _number(node)
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        return -_number(node.this)
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        left, right = _value(node.this), _value(node.expression)
        if isinstance(left, float) and isinstance(right, float):
            if isinstance(node, exp.Mul):
                return left * right
            return left + right if isinstance(node, exp.Add) else left - right
    return None


def _number(node: exp.Literal) -> float:
    try:
        return float(node.name)
    except ValueError:
        return 1.0


def _full(query: exp.Expr) -> bool | None:
    """A sub-query without FROM has a row; one with neither filter nor grouping is not told by the text."""
    query = query.unnest()
    bare = isinstance(query, exp.Select) and not any(
        query.args.get(k) for k in ("from_", "where", "having", "limit")
    )
    return True if bare else None


def _own_keys(value: exp.Expr, query: exp.Expr | None) -> bool | None:
    """`id IN (SELECT id FROM the same table)` keeps every row."""
    inner = query.unnest() if query is not None else None
    target = value.find_ancestor(exp.Delete, exp.Update)
    if not isinstance(inner, exp.Select) or target is None or not isinstance(target.this, exp.Table):
        return None
    keys = value.expressions if isinstance(value, exp.Tuple) else [value]
    if len(keys) != len(inner.expressions) or unfiltered(inner) != target.this.name:
        return None
    pairs = zip(keys, inner.expressions, strict=True)
    same = all(key == got or key.name == got.name or isinstance(got, exp.Star) for key, got in pairs)
    return True if same else None


def unfiltered(query: exp.Select) -> str | None:
    """The one table that a query takes every row of, also by way of sub-queries in FROM."""
    clauses = ("where", "having", "limit", "joins", "group", "qualify")
    source = query.args.get("from_")
    if source is None or any(query.args.get(clause) for clause in clauses):
        return None
    if isinstance(source.this, exp.Subquery) and isinstance(source.this.this, exp.Select):
        return unfiltered(source.this.this)
    return source.this.name if isinstance(source.this, exp.Table) else None
