"""The rule `table-in-expression`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Script, Statement
from governance.syntax.sql.calls import Call, calls
from governance.syntax.sql.functions import Effect


class TableInExpression(Rule[Script]):
    """A table is named where only values should stand.

    `id IN secret`, `'secret'::regclass` and `joinGet('secret', …)` read a table without any FROM, so a list
    of tables would not notice.
    """

    code, name, severity = "SQL204", "table-in-expression", Severity.CRITICAL
    remedy = "Name the table in a FROM clause, in a sub-query if need be."
    good = ("select 1 in (1, 2)", ("select * from table(flatten(input => t.a)), t", {"dialect": "snowflake"}))
    bad = (
        ("select 1 in secret", {"dialect": "sqlite"}),
        ("select 'secret'::regclass", {"dialect": "postgres"}),
        ("select joinGet('secret', 'a', 1)", {"dialect": "clickhouse"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each table outside of FROM."""
        for statement in subject.statements:
            for node in statement.all(exp.In):
                table = _bare_table(statement, node)
                if table is not None:
                    yield self._finding(statement, table, "is read as a table by its bare name")
            for cast in statement.every(exp.Cast):
                if isinstance(cast.args.get("to"), exp.ObjectIdentifier):
                    yield self._finding(statement, cast, "looks up an object of the catalog by its name")
            for call in calls(statement):
                if call.effect is Effect.TABLES or (call.name == "table" and _names_table(statement, call)):
                    place = subject.location(call.start, call.end)
                    message = f"{call.name} would {Effect.TABLES.consequence}"
                    yield self.finding(message, place, quote=subject.text[call.start : call.end])

    def _finding(self, statement: Statement, node: exp.Expr, reason: str) -> Finding:
        quote = statement.quote(node)
        return self.finding(f"{quote[:80]} {reason}", statement.at(node), quote=quote[:200])


def _bare_table(statement: Statement, node: exp.In) -> exp.Expr | None:
    """The right side of IN when it is a lone name; DuckDB takes one for a list, ClickHouse for a table."""
    dialect = statement.script.dialect
    field = node.args.get("field")
    if dialect is not None and dialect.name == "clickhouse" and len(node.expressions) == 1:
        field = node.expressions[0]
    is_list = dialect is not None and dialect.name == "duckdb" and isinstance(field, exp.Column)
    return field if isinstance(field, (exp.Column, exp.Table, exp.Dot)) and not is_list else None


def _names_table(statement: Statement, call: Call) -> bool:
    """Whether TABLE(…) is given a name; in Oracle one with a qualifier is a column holding a collection."""
    dialect = statement.script.dialect
    held = dialect is not None and dialect.name == "oracle"
    given = call.node.expressions if isinstance(call.node, exp.Func) else ()
    return any(isinstance(name, exp.Column) and not (held and name.table) for name in given)
