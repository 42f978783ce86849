"""The rule `unbounded-write`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.rules.sql.always_true_filter import meets_itself
from governance.rules.sql.coverage import covers, target
from governance.rules.sql.truth import always
from governance.syntax.sql import Script, Statement


class UnboundedWrite(Rule[Script]):
    """A `DELETE` or `UPDATE` has no `WHERE`, so it changes every row of the table.

    A lost filter raises no error: the table is simply empty afterwards, or every price is zero.
    """

    code, name, severity = "SQL401", "unbounded-write", Severity.CRITICAL
    remedy = "State the rows that are meant in a WHERE clause."
    good = (
        ("delete from orders where id = 7", {"profile": "write"}),
        ("update orders set total = 0 where id = 7", {"profile": "write"}),
    )
    bad = (
        ("delete from orders", {"profile": "write"}),
        ("update orders set total = 0", {"profile": "write"}),
        (
            "merge into orders using customers on true when matched then delete",
            {"profile": "write", "dialect": "postgres"},
        ),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each change that no filter bounds."""
        for statement in subject.statements:
            for node in statement.all(exp.Delete, exp.Update):
                if not node.args.get("where") and not isinstance(node.parent, exp.When):
                    verb = "deleted" if isinstance(node, exp.Delete) else "changed"
                    table = node.this.sql() if isinstance(node.this, exp.Expr) else "the table"
                    yield self._finding(statement, node, f"every row of {table} would be {verb}")
            for insert in statement.all(exp.Insert):
                if _updates(insert.args.get("conflict")) and _reads_itself(insert):
                    message = f"every row of {_target(insert)} would meet itself and be changed"
                    yield self._finding(statement, insert, message)
            for merge in statement.all(exp.Merge):
                yield from self._merge(statement, merge)

    def _merge(self, statement: Statement, merge: exp.Merge) -> Iterator[Finding]:
        constant = _constant(merge)
        for when in statement.all(exp.When):
            destroys = isinstance(when.args.get("then"), exp.Update) or _deletes(when)
            unlimited = not when.args.get("condition") or always(when.args["condition"])
            by_source = when.args.get("source") and not when.args.get("matched")
            if destroys and ((unlimited and by_source) or constant):
                table = merge.this.sql()
                yield self._finding(
                    statement, when, f"rows of {table} would be changed whether they match or not"
                )

    def _finding(self, statement: Statement, node: exp.Expr, message: str) -> Finding:
        return self.finding(message, statement.at(node), quote=statement.quote(node)[:200])


def _constant(merge: exp.Merge) -> bool:
    """Whether every row of the target matches: nothing of it is compared, or only with itself."""
    condition = merge.args.get("on")
    if merge.args.get("using_cond"):
        return meets_itself(merge, [])
    if not isinstance(condition, exp.Expr) or always(condition.unnest()):
        return True
    table = target(merge)
    named = {table.alias_or_name.lower(), table.name.lower(), ""} if table is not None else {""}
    if not any(column.table.lower() in named for column in condition.find_all(exp.Column)):
        return True
    return meets_itself(merge, [condition])


def _target(insert: exp.Insert) -> str:
    table = target(insert)
    return table.name if table is not None else ""


def _updates(conflict: object) -> bool:
    """Whether a row that is there already would be changed."""
    return isinstance(conflict, exp.Expr) and "NOTHING" not in str(conflict.args.get("action") or "").upper()


def _reads_itself(insert: exp.Insert) -> bool:
    table = target(insert)
    query = insert.args.get("expression")
    if isinstance(query, exp.Query) and insert.args.get("with_"):
        query = query.copy()
        query.set("with_", insert.args["with_"].copy())
    return table is not None and covers(query, table, always)


def _deletes(when: exp.When) -> bool:
    then = when.args.get("then")
    return isinstance(then, exp.Var) and then.name.upper() == "DELETE"
