"""The rule `table-not-allowed`."""

from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Script
from governance.syntax.sql.names import allowed, table_names


class TableNotAllowed(Rule[Script]):
    """The statement names a table that is not in scope.

    The list of tables is what the agent was given. CTEs are resolved by their scope, so naming one like
    an allowed table does not help; a qualified name must be listed with its qualifiers.
    """

    code, name, severity = "SQL201", "table-not-allowed", Severity.CRITICAL
    remedy = "Use the tables in scope, or ask for this one to be added to the list."
    good = (
        ("select * from orders", {"tables": ("orders",)}),
        ("with x as (select * from orders) select * from x", {"tables": ("orders",)}),
        "select * from anything",
    )
    bad = (
        ("select * from secret", {"tables": ("orders",)}),
        ("with orders as (select * from secret) select * from orders", {"tables": ("orders",)}),
        ("select * from other.orders", {"tables": ("orders",)}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each table that is not listed."""
        tables = subject.context.tables
        if tables is None or subject.dialect is None:
            return
        for statement in subject.statements:
            for table in table_names(statement):
                if not allowed(table, tables, subject.dialect):
                    yield self.finding(
                        f"{table.text} is not among the tables in scope ({', '.join(tables) or 'none'})",
                        statement.at(table.node),
                        quote=table.text,
                        allow=f"sql.tables: [{table.text}]",
                    )
