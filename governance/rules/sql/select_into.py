"""The rule `select-into`."""

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Kind, Script, Statement


class SelectInto(Rule[Script]):
    """A `SELECT … INTO` writes its result to a table, a file or a variable.

    It begins like a query and leaves a table behind; in MySQL it writes files on the server.
    """

    code, name, severity = "SQL011", "select-into", Severity.CRITICAL
    remedy = "Select the rows; create tables with the profile `migrate`."
    good = (
        "select id from orders",
        ("insert into t select id from orders where id = 1", {"profile": "write"}),
    )
    bad = (
        ("select * into leaked from orders", {"dialect": "postgres"}),
        ("select id from orders into outfile '/tmp/x'", {"dialect": "mysql"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each INTO of a query."""
        for statement in subject.statements:
            if statement.kind is not Kind.QUERY:
                continue
            found = list(statement.all(exp.Into))
            for node in found:
                yield self._finding(statement, *statement.span(node))
            if not found and statement.tree is None:
                yield from self._unparsed(statement)

    def _unparsed(self, statement: Statement) -> Iterator[Finding]:
        for token in statement.tokens:
            if token.token_type is TokenType.INTO:
                yield self._finding(statement, token.start, statement.end)

    def _finding(self, statement: Statement, start: int, end: int) -> Finding:
        script = statement.script
        message = "INTO would write the rows to a table, a file or a variable instead of returning them"
        return self.finding(message, script.location(start, end), quote=script.text[start:end][:200])
