"""Whether a recursion that counts comes to its end: its counter must move towards its bound."""

from math import inf

from sqlglot import exp

from governance.rules.sql.coverage import Judge
from governance.rules.sql.sizes import duration, moment, number
from governance.rules.sql.values import plain

_MIRRORED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.NEQ: exp.NEQ,
}
_UPWARDS = (exp.LT, exp.LTE)
_DOWNWARDS = (exp.GT, exp.GTE)


def bounded(cte: exp.CTE, branch: exp.Select, most: float, always: Judge) -> bool:
    """Whether some condition of the recursive branch ends it within `most` rounds.

    Whatever is compared otherwise than a column with a number is taken for an end.
    """
    where = branch.args.get("where")
    if not isinstance(where, exp.Where):
        return False
    condition = where.this.unnest()
    parts = list(condition.flatten()) if isinstance(condition, exp.And) else [condition]
    return any(_ends(part.unnest(), cte, branch, most, always) for part in parts)


def _ends(part: exp.Expr, cte: exp.CTE, branch: exp.Select, most: float, always: Judge) -> bool:
    if isinstance(part, exp.Or):
        return all(_ends(either.unnest(), cte, branch, most, always) for either in part.flatten())
    if always(part) or _asks_for_a_value(part):
        return False
    kind = type(part)
    if not isinstance(part, exp.Binary) or kind not in _MIRRORED:
        return True
    left, right = plain(part.this), plain(part.expression)
    if not isinstance(left, exp.Column) and isinstance(right, exp.Column):
        left, right, kind = right, left, _MIRRORED[kind]
    if isinstance(left, exp.Length):
        left = plain(left.this)
    place = _place(cte, left)
    if place is None or place >= len(branch.selects):
        return True
    output, name = plain(branch.selects[place].unalias()), left.name.lower()
    end, begins = number(right), _start(cte, place)
    step = _step(output, name)
    if end is None:
        end, begins, step = moment(right), None, _time_step(output, name)
        most = inf  # Where it begins is seldom written out.
    if end is None:
        return True
    factor = _factor(output, name)
    if factor is not None and begins:
        return issubclass(kind, _UPWARDS if (begins > 0) is (factor > 1) else _DOWNWARDS) and factor not in (
            0,
            1,
        )
    if step is None:
        return True
    away = end - (begins or 0.0)
    if kind is exp.NEQ:
        return begins is None or (step != 0 and away / step >= 0 and away % step == 0)
    rounds = abs(away) / abs(step) if step else most
    return issubclass(kind, _UPWARDS if step > 0 else _DOWNWARDS) and step != 0 and rounds <= most


def _asks_for_a_value(part: exp.Expr) -> bool:
    test = part.this.unnest() if isinstance(part, exp.Not) else part
    denied = isinstance(part, exp.Not) or bool(part.args.get("negate"))
    return denied and isinstance(test, exp.Is) and isinstance(test.expression, exp.Null)


def _place(cte: exp.CTE, column: exp.Expr) -> int | None:
    """The place of a column among the outputs of the CTE."""
    if not isinstance(column, exp.Column):
        return None
    names = cte.alias_column_names or [output.alias_or_name for output in _anchor(cte).selects]
    lowered = [name.lower() for name in names]
    return lowered.index(column.name.lower()) if column.name.lower() in lowered else None


def _anchor(cte: exp.CTE) -> exp.Query:
    query = cte.this
    while isinstance(query, (exp.SetOperation, exp.Subquery)):
        query = query.this
    return query if isinstance(query, exp.Query) else exp.Select()


def _start(cte: exp.CTE, place: int) -> float | None:
    selects = _anchor(cte).selects
    return number(plain(selects[place].unalias())) if place < len(selects) else None


def _factor(output: exp.Expr, name: str) -> float | None:
    """By what a round multiplies a number; `None` when it does not."""
    if not isinstance(output, exp.Mul):
        return None
    left, right = plain(output.this), plain(output.expression)
    if isinstance(right, exp.Column):
        left, right = right, left
    return number(right) if isinstance(left, exp.Column) and left.name.lower() == name else None


def _time_step(output: exp.Expr, name: str) -> float | None:
    """By how many seconds a round moves a date; `None` where nobody can tell."""
    if isinstance(output, exp.Column) and output.name.lower() == name:
        return 0.0
    if not isinstance(output, (exp.Add, exp.Sub)):
        return None
    at, by = plain(output.this), duration(output.expression)
    if by is None or not isinstance(at, exp.Column) or at.name.lower() != name:
        return None
    return by if isinstance(output, exp.Add) else -by


def _step(output: exp.Expr, name: str) -> float | None:
    """By how much a round changes a number, or 1 for a text that grows; `None` where nobody can tell."""
    output = plain(output)
    if isinstance(output, exp.Column):
        return 0.0 if output.name.lower() == name else None
    if isinstance(output, exp.DPipe) and any(c.name.lower() == name for c in output.find_all(exp.Column)):
        return 1.0
    if not isinstance(output, (exp.Add, exp.Sub)):
        return None
    left, right = plain(output.this), plain(output.expression)
    if isinstance(output, exp.Add) and isinstance(right, exp.Column):
        left, right = right, left
    by = number(right)
    if by is None or not isinstance(left, exp.Column) or left.name.lower() != name:
        return None
    return by if isinstance(output, exp.Add) else -by
