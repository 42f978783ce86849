"""The rule `row-lock`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Kind, Script


class RowLock(Rule[Script]):
    """The statement locks rows or tables.

    Everybody who writes to them waits until the transaction ends, which a forgotten session never does.
    """

    code, name, severity = "SQL018", "row-lock", Severity.HIGH
    remedy = "Remove the locking clause; a query does not need it."
    good = ("select * from orders", ("select * from orders with (nolock)", {"dialect": "tsql"}))
    bad = (
        ("select * from (select id from orders for update) q", {"dialect": "postgres"}),
        ("select * from orders with (tablockx)", {"dialect": "tsql"}),
        ("lock table orders", {"dialect": "postgres"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each locking clause or statement."""
        for statement in subject.statements:
            if statement.kind is Kind.LOCK:
                quote = subject.text[statement.start : statement.end][:200]
                yield self.finding("this would lock what others work with", statement.location, quote=quote)
            for node in statement.all(exp.Lock):
                place = statement.at(node.parent or node)
                yield self.finding("the rows read here would stay locked", place, quote=node.sql())
            for hint in statement.all(exp.WithTableHint):
                words = {word.name.upper() for word in hint.expressions}
                if words - _HARMLESS:
                    named = ", ".join(sorted(words - _HARMLESS))
                    message = f"the hint {named} would hold locks on the table"
                    yield self.finding(message, statement.at(hint.parent or hint), quote=named)


_HARMLESS = {
    "NOLOCK",
    "READUNCOMMITTED",
    "READPAST",
    "NOEXPAND",
    "FORCESEEK",
    "FORCESCAN",
    "READCOMMITTED",
    "INDEX",
}
