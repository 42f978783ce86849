"""Whether a condition is true for every row, as far as its text alone tells."""

from sqlglot import exp

from governance.rules.sql.comparison import compared, itself, number
from governance.rules.sql.membership import beyond, exists, in_list, quantified
from governance.rules.sql.trial import holds_for_all
from governance.rules.sql.values import never_null, plain

_EVERY_TEXT = {"", ".*", "^", "$", "^.*$", "^.*", ".*$", ".?", "(.*)"}
_LIKE = (exp.Like, exp.ILike, exp.Glob, exp.SimilarTo, exp.RegexpLike, exp.RegexpILike)
_PARTS_OF_TEXT = (exp.StartsWith, exp.EndsWith, exp.Contains)
_TESTS = (exp.EqualNull, exp.ArrayContains, exp.ArrayContainsAll, exp.ArrayOverlaps, exp.Anonymous)
_CONDITIONS = (exp.Predicate, exp.Connector, exp.Not, exp.Func)
_MOST_PARTS = 1_000


def always(node: exp.Expr | None) -> bool | None:
    """True or False when the condition has one answer whatever the rows hold; `None` when it depends."""
    answer = _by_form(node)
    if answer is None and isinstance(node, _CONDITIONS) and not _ties(node) and holds_for_all(node):
        return True
    return answer


def _ties(node: exp.Expr) -> bool:
    """`a.x = b.y`, the condition of most joins: it takes no trying."""
    left, right = node.args.get("this"), node.args.get("expression")
    if type(node) is not exp.EQ or not isinstance(left, exp.Column) or not isinstance(right, exp.Column):
        return False
    return bool(left.table and right.table) and left.table.lower() != right.table.lower()


def _by_form(node: exp.Expr | None) -> bool | None:
    if isinstance(node, exp.Paren):
        return always(node.this)
    if isinstance(node, exp.Not):
        inner = always(node.this)
        return None if inner is None else not inner
    if isinstance(node, exp.And):
        return _both(node)
    if isinstance(node, exp.Or):
        return _either(list(node.flatten()))
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Literal):
        return number(node) != 0 if not node.is_string else None
    if isinstance(node, exp.Exists):
        return exists(node, always)
    if isinstance(node, exp.In):
        return in_list(node, always)
    if isinstance(node, (*_LIKE, *_PARTS_OF_TEXT)):
        return _any_text(node)
    if isinstance(node, exp.Between):
        return _between(node)
    if isinstance(node, exp.Is):
        return _is(node)
    if isinstance(node, exp.Case):
        return _case(node)
    if isinstance(node, _TESTS):
        return True if itself(node) else None
    return _compared(node) if isinstance(node, exp.Predicate) and isinstance(node, exp.Binary) else None


def _any_text(node: exp.Expr) -> bool | None:
    pattern = plain(node.expression) if isinstance(node.args.get("expression"), exp.Expr) else None
    if isinstance(pattern, exp.Any):
        pattern = plain(pattern.this)
    if isinstance(pattern, exp.Tuple):
        return True if any(_takes_all(node, text) for text in pattern.expressions) else None
    if pattern is not None and _takes_all(node, pattern):
        return True
    return _compared(node) if isinstance(node, exp.Binary) else None


def _takes_all(node: exp.Expr, pattern: exp.Expr) -> bool:
    if isinstance(pattern, (exp.Lower, exp.Upper)):
        pattern = pattern.this
    if not isinstance(pattern, (exp.Literal, exp.RawString)):
        return False
    if isinstance(node, _PARTS_OF_TEXT):
        return not pattern.name
    if isinstance(node, (exp.RegexpLike, exp.RegexpILike)):
        return pattern.name in _EVERY_TEXT
    return set(pattern.name) == {"*" if isinstance(node, exp.Glob) else "%"}


def _between(node: exp.Between) -> bool | None:
    value, low, high = (node.args.get(key) for key in ("this", "low", "high"))
    if not (isinstance(value, exp.Expr) and isinstance(low, exp.Expr) and isinstance(high, exp.Expr)):
        return None
    return True if _holds(exp.GTE, value, low) and _holds(exp.LTE, value, high) else None


def _is(node: exp.Is) -> bool | None:
    negated = bool(node.args.get("negate"))
    right = node.expression.unnest()
    if isinstance(right, exp.Not):
        negated, right = not negated, right.this
    answer: bool | None = None
    if isinstance(right, exp.Null):
        answer = False if never_null(node.this) else None
    elif isinstance(right, exp.Boolean):
        known = always(node.this)
        answer = None if known is None else known is bool(right.this)
    elif plain(node.this) == plain(right):
        answer = True
    return None if answer is None else answer is not negated


def _case(node: exp.Case) -> bool | None:
    """Whether each branch is true, and there is one for every row."""
    if node.this is not None:
        return None
    branches = [branch for branch in node.args.get("ifs") or () if isinstance(branch, exp.If)]
    default = node.args.get("default")
    if not all(always(branch.args.get("true")) for branch in branches):
        return None
    if default is not None:
        return True if always(default) else None
    return _either([branch.this for branch in branches])


def _answers(parts: list[exp.Expr]) -> list[bool | None]:
    """Each part's answer; of very many only what their form tells, which takes no trying."""
    return [(always if len(parts) <= _MOST_PARTS else _by_form)(part) for part in parts]


def _both(node: exp.And) -> bool | None:
    answers = _answers(list(node.flatten()))
    if False in answers:
        return False
    return True if all(answers) else None


def _either(parts: list[exp.Expr]) -> bool | None:
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


_OPPOSITES: dict[type[exp.Expr], tuple[str, bool]] = {
    exp.EQ: ("=", True),
    exp.NEQ: ("=", False),
    exp.LT: ("<", True),
    exp.GTE: ("<", False),
    exp.GT: (">", True),
    exp.LTE: (">", False),
}


def _compared(node: exp.Binary) -> bool | None:
    return _holds(type(node), node.this, node.expression)


def _holds(kind: type[exp.Expr], left: exp.Expr, right: exp.Expr) -> bool | None:
    left, right = left.unnest(), right.unnest()
    if isinstance(right, (exp.Any, exp.All)):
        return quantified(kind, left, right, always)
    if isinstance(left, exp.Query):
        left, right, kind = right, left, _MIRRORED.get(kind, kind)
    if isinstance(right, exp.Query):
        return beyond(kind, left, right, always)
    return compared(kind, left, right)


_MIRRORED: dict[type[exp.Expr], type[exp.Expr]] = {exp.GTE: exp.LTE, exp.LTE: exp.GTE}
