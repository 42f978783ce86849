"""The rule `unbounded-recursion`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.rules.sql.coverage import definition
from governance.rules.sql.progress import bounded
from governance.rules.sql.series_bomb import MOST_ROWS
from governance.rules.sql.truth import always
from governance.syntax.sql import Script


class UnboundedRecursion(Rule[Script]):
    """A recursive query has nothing that ends it.

    Without a condition in its recursive branch it runs until memory or patience ends.
    """

    code, name, severity = "SQL501", "unbounded-recursion", Severity.HIGH
    remedy = "Bound the recursive branch by a depth, a date or a join that runs dry."
    good = (
        "with recursive r as (select 1 as n union all select n + 1 from r where n < 10) select * from r",
        ("select level from dual connect by level <= 10", {"dialect": "oracle"}),
    )
    bad = (
        "with recursive r as (select 1 as n union all select n from r) select * from r",
        ("select level from dual connect by level > 0", {"dialect": "oracle"}),
        "with recursive r as (select 1 as n union all select n + 1 from r where n > 0) select * from r",
        ("with r as (select 1 as n union all select n from r) select * from r", {"dialect": "tsql"}),
        "with recursive a as (select 1 union all select * from b), b as (select * from a) select * from a",
        ("select * from t option (maxrecursion 0)", {"dialect": "tsql"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each recursion without an end."""
        for statement in subject.statements:
            for cte in statement.all(exp.CTE):
                body = cte.this
                if isinstance(body, exp.SetOperation) and _repeats(cte, body.expression):
                    message = f"{cte.alias} would call itself without an end"
                    yield self.finding(message, statement.at(cte), quote=statement.quote(cte)[:200])
            for clause in statement.all(exp.With):
                for cte in _in_circles(clause):
                    message = f"{cte.alias} would be called by what it calls, without an end"
                    yield self.finding(message, statement.at(cte), quote=statement.quote(cte)[:200])
            for option in statement.all(exp.QueryOption):
                limit = option.args.get("expression")
                if option.name.upper() == "MAXRECURSION" and limit is not None and limit.name == "0":
                    message = "MAXRECURSION 0 takes away the server's own limit"
                    quote = "MAXRECURSION 0"
                    yield self.finding(message, statement.at(option), quote=quote, severity=Severity.LOW)
            for connect in statement.all(exp.Connect):
                if _endless(connect):
                    message = "this hierarchy would go on without an end"
                    yield self.finding(message, statement.at(connect), quote=statement.quote(connect)[:200])


def _repeats(cte: exp.CTE, branch: exp.Expr) -> bool:
    """Whether a branch reads its own CTE and has neither filter, join nor limit to run dry."""
    for select in branch.find_all(exp.Select):
        source = select.args.get("from_")
        if source is None or not isinstance(source.this, exp.Table):
            continue
        own = source.this.name.lower() == cte.alias.lower() and not source.this.args.get("db")
        ends = any(select.args.get(clause) for clause in ("limit", "qualify", "having"))
        if own and not ends and not _joins_rows(select) and not bounded(cte, select, MOST_ROWS, always):
            return True
    return False


def _in_circles(clause: exp.With) -> Iterator[exp.CTE]:
    """The CTEs that reach themselves by way of others, where no filter or limit stands in the way."""
    if not clause.recursive or len(clause.expressions) < 2:
        return
    named = {cte.alias.lower(): cte for cte in clause.expressions}
    reads = {
        name: {
            table.name.lower()
            for table in cte.find_all(exp.Table)
            if table.name.lower() in named and table.name.lower() != name and not table.args.get("db")
        }
        for name, cte in named.items()
    }
    for name, cte in named.items():
        circle, waiting = set[str](), list(reads[name])
        while waiting:
            at = waiting.pop()
            if at not in circle:
                circle.add(at)
                waiting.extend(reads[at])
        if name in circle and not any(named[at].find(exp.Where, exp.Limit, exp.Join) for at in circle):
            yield cte


def _joins_rows(select: exp.Select) -> bool:
    """Whether a join brings in rows that can run dry; a series or a list of values never does."""
    joined = [join.this for join in select.args.get("joins") or ()]
    return bool(select.args.get("laterals")) or any(not _made_up(source) for source in joined)


def _made_up(source: exp.Expr) -> bool:
    return isinstance(source, exp.Values) or isinstance(source.args.get("this"), exp.Func)


def _endless(connect: exp.Connect) -> bool:
    """`CONNECT BY` that neither follows another row's key nor counts up to something, or counts every row."""
    condition = connect.args.get("connect")
    if condition is None or always(condition):
        return True
    if not condition.find(exp.Prior) and _many_rows(connect):
        return True  # Each level would be as large as the one before times the table.
    for prior in condition.find_all(exp.Prior):
        comparison = prior.parent
        if isinstance(comparison, exp.Binary):
            other = comparison.expression if comparison.this is prior else comparison.this
            if other != prior.this:
                return False
    limits = [*condition.find_all(exp.LT), *condition.find_all(exp.LTE)]
    return not any(_counter(limit.this) for limit in limits)


def _counter(node: exp.Expr) -> bool:
    return node.name.lower() in ("level", "rownum")


def _many_rows(connect: exp.Connect) -> bool:
    """Whether the hierarchy is built over a stored table, other than the one with a single row."""
    start = connect.parent.args.get("from_") if connect.parent is not None else None
    table = start.this if isinstance(start, exp.From) else None
    if not isinstance(table, exp.Table) or table.name.lower() in ("dual", ""):
        return False
    return definition(table) is None
