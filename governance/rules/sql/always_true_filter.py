"""The rule `always-true-filter`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.rules.sql.truth import always
from governance.syntax.sql import Script


class AlwaysTrueFilter(Rule[Script]):
    """The filter of a `DELETE` or `UPDATE` is true for every row.

    `WHERE 1 = 1` has the form of a filter and the effect of none; it is how a check for one is satisfied.
    """

    code, name, severity = "SQL402", "always-true-filter", Severity.CRITICAL
    remedy = "State the rows that are meant."
    good = (
        ("delete from orders where id in (select order_id from cancelled)", {"profile": "write"}),
        ("select * from orders where 1 = 1", {"profile": "read"}),
    )
    bad = (
        ("delete from orders where 1 = 1", {"profile": "write"}),
        ("update orders set total = 0 where id is null or id is not null", {"profile": "write"}),
        ("delete from orders where id in (select id from orders)", {"profile": "write"}),
        ("delete from orders where exists (select 1 from customers)", {"profile": "write"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each filter of a change that filters nothing."""
        for statement in subject.statements:
            for node in (*statement.all(exp.Delete), *statement.all(exp.Update)):
                where = node.args.get("where")
                if where is not None and (
                    always(where.this) or not _depends(where, node) or _pairs_with_itself(where, node)
                ):
                    quote = statement.quote(where)
                    message = "this filter does not tell one row from another, so the whole table may change"
                    yield self.finding(message, statement.at(where), quote=quote[:200])


def _depends(where: exp.Where, change: exp.Expr) -> bool:
    """Whether a filter looks at the rows of the table that is changed, itself or from a sub-query."""
    target = change.this.alias_or_name.lower() if isinstance(change.this, exp.Expr) else ""
    others = _others(change) - {target}
    for column in where.find_all(exp.Column):
        if column.table.lower() in others:
            continue
        query = column.find_ancestor(exp.Query)
        outside = query is None or query is change.parent or not _is_below(query, where)
        filtered = not outside and query is not None and query.args.get("where") is not None
        if outside or column.table.lower() == target or (filtered and not column.table):
            return True
    return False


def _sources(change: exp.Expr) -> list[exp.Expr]:
    """What USING or FROM names beside the table that is changed; nothing once joins relate them."""
    source = change.args.get("from_")
    using = change.args.get("using")
    named = [source.this] if source else list(using) if isinstance(using, list) else []
    return [] if any(isinstance(s, exp.Expr) and s.args.get("joins") for s in named) else named


def _others(change: exp.Expr) -> set[str]:
    return {source.alias_or_name.lower() for source in _sources(change) if isinstance(source, exp.Expr)}


def _pairs_with_itself(where: exp.Where, change: exp.Expr) -> bool:
    """`DELETE FROM t a USING t b WHERE a.id = b.id`: each row finds itself."""
    target = change.this.name if isinstance(change.this, exp.Expr) else ""
    copies = [s for s in _sources(change) if isinstance(s, exp.Table) and s.name == target]
    condition = where.this.unnest()
    return bool(copies) and same_column(condition)


def same_column(condition: exp.Expr) -> bool:
    """Whether a condition only sets columns of one name equal to each other."""
    parts = list(condition.flatten()) if isinstance(condition, exp.And) else [condition]
    return all(
        isinstance(part, exp.EQ)
        and isinstance(part.this, exp.Column)
        and isinstance(part.expression, exp.Column)
        and part.this.name == part.expression.name
        for part in parts
    )


def _is_below(node: exp.Expr, ancestor: exp.Expr) -> bool:
    at: exp.Expr | None = node
    while at is not None and at is not ancestor:
        at = at.parent
    return at is ancestor
