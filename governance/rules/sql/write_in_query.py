"""The rule `write-in-query`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Kind, Profile, Script


class WriteInQuery(Rule[Script]):
    """A statement that should only read changes rows, openly or inside a CTE.

    Postgres runs a `DELETE` in a CTE even when nobody reads its rows; it looks like a query and is none.
    """

    code, name, severity = "SQL010", "write-in-query", Severity.CRITICAL
    remedy = "Ask with a SELECT; submit changes with the profile `write`, where they are judged as such."
    good = ("select * from orders", ("delete from orders where id = 7", {"profile": "write"}))
    bad = (
        "delete from orders where id = 7",
        ("with g as (delete from orders returning *) select count(*) from g", {"dialect": "postgres"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each data change."""
        if subject.context.profile not in (Profile.READ, Profile.MODEL):
            return
        for statement in subject.statements:
            nodes = [n for n in statement.every(exp.DML) if not isinstance(n, exp.Query)]
            for node in nodes:
                verb = type(node).__name__.upper()
                message = f"this {verb} would change rows while the statement is let in as a query"
                yield self.finding(message, statement.at(node), quote=statement.quote(node)[:200])
            if not nodes and statement.kind is Kind.WRITE:
                verb = statement.words[0].upper()
                message = f"{verb} would change rows while the statement is let in as a query"
                quote = subject.text[statement.start : statement.end][:200]
                yield self.finding(message, statement.location, quote=quote)
