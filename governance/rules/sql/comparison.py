"""Comparisons whose answer the text tells: of a value with itself, of constants, with the end of a scale."""

from sqlglot import exp

from governance.rules.sql.values import plain

_OPEN_TO_SAME = (exp.EQ, exp.GTE, exp.LTE, exp.NullSafeEQ, exp.Like, exp.ILike, exp.Is)
_MIRRORED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.GTE: exp.LTE,
    exp.LTE: exp.GTE,
    exp.GT: exp.LT,
    exp.LT: exp.GT,
}


def compared(kind: type[exp.Expr], left: exp.Expr, right: exp.Expr) -> bool | None:
    """The answer of a comparison of this kind; `None` when it depends on what the rows hold."""
    left, right = plain(left), plain(right)
    if left == right:
        return issubclass(kind, _OPEN_TO_SAME)
    first, second = value(left), value(right)
    if first is None and second is None:
        return None
    if first is None or second is None:
        constant = second if first is None else first
        return _ends_scale(kind if first is None else _MIRRORED.get(kind, kind), constant) or None
    return _ordered(kind, first, second)


def itself(node: exp.Expr) -> bool:
    """Whether a test only holds a value against itself: `has([id], id)`, `equal_null(x, x)`."""
    if isinstance(node, exp.Anonymous):
        given = list(node.expressions)
    else:
        given = [node.this, node.args.get("expression")]
    if len(given) != 2 or not all(isinstance(part, exp.Expr) for part in given):
        return False
    one, other = plain(given[0]), plain(given[1])
    return one == other and one.find(exp.Column) is not None


def value(node: exp.Expr) -> float | str | None:
    """The number or text that an expression is, when it is a constant."""
    if isinstance(node, exp.Literal):
        return node.name if node.is_string else number(node)
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        return -number(node.this)
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        left, right = value(node.this), value(node.expression)
        if isinstance(left, float) and isinstance(right, float):
            if isinstance(node, exp.Mul):
                return left * right
            return left + right if isinstance(node, exp.Add) else left - right
    if isinstance(node, exp.Case) and isinstance(node.args.get("default"), exp.Expr):
        results = {value(branch.args["true"]) for branch in node.args["ifs"]} | {value(node.args["default"])}
        return results.pop() if len(results) == 1 else None
    return None


def number(node: exp.Literal) -> float:
    """The value of a numeric literal; one that cannot be read is taken for true."""
    try:
        return float(node.name)
    except ValueError:
        return 1.0


def _ordered(kind: type[exp.Expr], first: float | str, second: float | str) -> bool | None:
    if type(first) is not type(second):
        return None
    order = (first > second) - (first < second)  # type: ignore[operator]
    answers: dict[type[exp.Expr], bool] = {
        exp.EQ: order == 0,
        exp.NullSafeEQ: order == 0,
        exp.NEQ: order != 0,
        exp.LT: order < 0,
        exp.GT: order > 0,
        exp.LTE: order <= 0,
        exp.GTE: order >= 0,
    }
    return answers.get(kind)


def _ends_scale(kind: type[exp.Expr], constant: float | str | None) -> bool:
    """`>= ''`, `>= '-infinity'`, `<= 'infinity'`: nothing lies beyond."""
    if not isinstance(constant, str):
        return False
    text = constant.strip().lower()
    return text in ("", "-infinity") if kind is exp.GTE else kind is exp.LTE and text == "infinity"
