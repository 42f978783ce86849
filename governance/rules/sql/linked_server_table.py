"""The rule `linked-server-table`."""

import re
from collections.abc import Iterator

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Script
from governance.syntax.sql.names import TableName, table_names


class LinkedServerTable(Rule[Script]):
    """The statement reads through a link to another server, or leaves the server it was given.

    The other server sees the link's credentials, not the agent's, and logs nothing here.
    """

    code, name, severity = "SQL202", "linked-server-table", Severity.CRITICAL
    remedy = "Name tables of the server that the agent was given."
    good = (
        ("select * from sales.orders", {"dialect": "tsql"}),
        ("select * from orders", {"dialect": "oracle"}),
    )
    bad = (
        ("select * from secret@remote_link", {"dialect": "oracle"}),
        ("select * from srv.db.dbo.orders", {"dialect": "tsql"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each table behind a link."""
        dialect = subject.dialect.name if subject.dialect else ""
        if dialect not in ("oracle", "tsql"):
            return
        for statement in subject.statements:
            for table in table_names(statement):
                before = subject.text[: statement.span(table.node)[0]].rstrip()
                if _leaves(dialect, table) or (dialect == "tsql" and before.endswith(".")):
                    message = f"{table.text} lies behind a link to another server"
                    yield self.finding(message, statement.at(table.node), quote=table.text)


def _leaves(dialect: str, table: TableName) -> bool:
    if dialect == "oracle":
        return "@" in table.text
    return _QUOTED.sub("", table.text).count(".") > 2


_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]')
