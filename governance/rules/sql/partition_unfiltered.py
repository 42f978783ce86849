"""The rule `partition-unfiltered`."""

from collections import defaultdict
from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.rules.sql.truth import always
from governance.syntax.sql import Script, Statement
from governance.syntax.sql.names import TableName, same_table, split_name, table_names

_EVENTS = {"partitions": ("events.day",)}
_BOUNDS = (exp.EQ, exp.NullSafeEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Like)


class PartitionUnfiltered(Rule[Script]):
    """A table that is cut into partitions is read without a filter on the column it is cut by.

    The engine then reads every partition there is: years of events for a question about yesterday, and
    the bill for them. The policy says which columns these are. A filter counts in the query that names
    the table, in one around it, or, for a CTE, in any that may read it.
    """

    code, name, severity = "SQL505", "partition-unfiltered", Severity.MEDIUM
    remedy = "Filter on the partition column with a bound that the planner can use."
    good = (
        ("select count(*) from events where day >= date '2026-01-01'", _EVENTS),
        ("select * from users u join events e on e.user_id = u.id and e.day = u.joined", _EVENTS),
        ("select * from (select * from events) where day between '2026-01-01' and '2026-01-31'", _EVENTS),
        "select count(*) from events",
    )
    bad = (
        ("select count(*) from events", _EVENTS),
        ("select count(*) from events where day is not null or user_id = 7", _EVENTS),
        ("select count(*) from events where day = day", _EVENTS),
        ("with e as (select * from events) select user_id from e", _EVENTS),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each mention of a partitioned table that nothing bounds."""
        dialect = subject.dialect
        if dialect is None or not subject.context.partitions:
            return
        cut: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for name in subject.context.partitions:
            table, _, column = name.rpartition(".")
            cut[split_name(table, dialect)].add(column.strip('"`[]').lower())
        for statement in subject.statements:
            for mention in table_names(statement):
                columns = {c for table, cs in cut.items() if same_table(table, mention.parts) for c in cs}
                if columns and not _bounded(statement, mention, columns):
                    by = " or ".join(sorted(columns))
                    message = f"every partition of {mention.text} is read: nothing bounds {by}"
                    yield self.finding(message, statement.at(mention.node), quote=mention.text)


def _bounded(statement: Statement, mention: TableName, columns: set[str]) -> bool:
    if mention.node.find_ancestor(exp.CTE):
        readers: Iterator[exp.Expr] = statement.all(exp.Select, exp.Delete, exp.Update)
    else:
        readers = _around(mention.node)
    return any(_limits(condition, columns) for reader in readers for condition in _conditions(reader))


def _around(node: exp.Expr) -> Iterator[exp.Expr]:
    """The query or write that names a table, and those around it."""
    found = node.find_ancestor(exp.Select, exp.Delete, exp.Update, exp.Merge)
    while found is not None:
        yield found
        found = found.find_ancestor(exp.Select, exp.Delete, exp.Update, exp.Merge)


def _conditions(reader: exp.Expr) -> Iterator[exp.Expr]:
    where = reader.args.get("where")
    if where is not None:
        yield where.this
    for clause in (reader.args.get("on"), *(join.args.get("on") for join in reader.args.get("joins") or ())):
        if clause is not None:
            yield clause


def _limits(condition: exp.Expr, columns: set[str]) -> bool:
    """Whether a condition holds a partition column to something, in every way it can come true."""
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        return _limits(condition.this, columns) or _limits(condition.expression, columns)
    if isinstance(condition, exp.Or):
        return _limits(condition.this, columns) and _limits(condition.expression, columns)
    if not isinstance(condition, _BOUNDS) or always(condition):
        return False
    return any(column.name.lower() in columns for column in condition.find_all(exp.Column))
