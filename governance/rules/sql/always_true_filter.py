"""The rule `always-true-filter`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.rules.sql.coverage import covers, joins, sources, stored, target
from governance.rules.sql.membership import same_column
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
        (
            "delete from orders where created_at < now() - interval '2 years'",
            {"profile": "write", "dialect": "postgres"},
        ),
        ("select * from orders where 1 = 1", {"profile": "read"}),
    )
    bad = (
        ("delete from orders where 1 = 1", {"profile": "write"}),
        ("update orders set total = 0 where id is null or id is not null", {"profile": "write"}),
        ("delete from orders where id in (select id from orders)", {"profile": "write"}),
        ("delete from orders where exists (select 1 from customers)", {"profile": "write"}),
        (
            "delete from orders where exists (select 1 from orders o where o.id = orders.id)",
            {"profile": "write"},
        ),
        ("delete from orders where length(note) >= 0", {"profile": "write"}),
        (
            "delete from orders where created_at < now() + interval '100 years'",
            {"profile": "write", "dialect": "postgres"},
        ),
        ("delete from orders where nullif(note, note) is null", {"profile": "write"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each filter of a change that filters nothing."""
        for statement in subject.statements:
            for node in (*statement.all(exp.Delete), *statement.all(exp.Update)):
                where = node.args.get("where")
                if isinstance(where, exp.Where) and (
                    always(where.this) or not _depends(where, node) or meets_itself(node, [where.this])
                ):
                    quote = statement.quote(where)
                    message = "this filter does not tell one row from another, so the whole table may change"
                    yield self.finding(message, statement.at(where), quote=quote[:200])


def meets_itself(change: exp.Expr, conditions: list[exp.Expr]) -> bool:
    """`DELETE FROM t a USING t b WHERE a.id = b.id`: each row finds itself in what it is joined with."""
    table = target(change)
    if table is None:
        return False
    copies = [s for s in sources(change) if s is not table and covers(s, table, always)]
    ties = [
        *conditions,
        *(join.args["on"] for join in joins(change) if isinstance(join.args.get("on"), exp.Expr)),
    ]
    telling = [tie.unnest() for tie in ties if not always(tie)]
    return bool(copies) and all(same_column(tie) and _of_origin(tie, copies) for tie in telling)


def _of_origin(tie: exp.Expr, copies: list[exp.Expr]) -> bool:
    """Whether the columns of the copies are those of the table, and not others under their names."""
    named = {copy.alias_or_name.lower(): copy for copy in copies}
    columns = (column for column in tie.find_all(exp.Column) if column.table.lower() in named)
    return all(
        stored(column.name.lower(), named[column.table.lower()]) == column.name.lower() for column in columns
    )


def _depends(where: exp.Where, change: exp.Expr) -> bool:
    """Whether a filter looks at the rows of the table that is changed, itself or from a sub-query."""
    table = target(change)
    named = {table.alias_or_name.lower(), table.name.lower()} if table is not None else {""}
    others = {source.alias_or_name.lower() for source in sources(change)} - named
    if next(joins(change), None) is not None:
        others = set()  # Joins relate what they join.
    for column in where.find_all(exp.Column):
        if column.table.lower() in others:
            continue
        query = column.find_ancestor(exp.Query)
        outside = query is None or query is change.parent or not _is_below(query, where)
        filtered = not outside and query is not None and query.args.get("where") is not None
        if outside or column.table.lower() in named or (filtered and not column.table):
            return True
    return False


def _is_below(node: exp.Expr, ancestor: exp.Expr) -> bool:
    at: exp.Expr | None = node
    while at is not None and at is not ancestor:
        at = at.parent
    return at is ancestor
