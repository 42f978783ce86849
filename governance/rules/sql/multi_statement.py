"""The rule `multi-statement`."""

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Kind, Profile, Script, Statement, kind_of

# T-SQL needs no semicolon between statements: a word such as these after a complete one starts the next.
_STARTERS = {
    *("delete", "update", "insert", "merge", "truncate", "drop", "create", "alter", "exec"),
    *("execute", "grant", "revoke", "deny", "shutdown", "reconfigure", "commit", "rollback", "checkpoint"),
    *("revert", "use", "kill", "backup", "restore", "dbcc", "bulk", "waitfor", "print"),
    *("raiserror", "throw", "return", "begin", "declare", "break", "continue", "goto", "while"),
    *("if", "set", "save", "open", "close", "fetch", "deallocate", "send", "receive"),
    *("disable", "enable", "writetext", "updatetext", "readtext", "setuser", "rename", "end", "call"),
    "go",
}


class MultiStatement(Rule[Script]):
    """The text holds more than one statement.

    A check that looks at the first one is walked past by the second. One text, one statement.
    """

    code, name, severity = "SQL001", "multi-statement", Severity.CRITICAL
    remedy = "Submit each statement by itself, so that each is judged and recorded."
    good = ("select 1;", "select ';' as semicolon; -- the end", ("select 1 as total", {"dialect": "tsql"}))
    bad = (
        "select 1; drop table orders",
        ("select 1 shutdown", {"dialect": "tsql"}),
        ("select id from orders where id = 1 delete from orders", {"dialect": "tsql"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each statement after the first."""
        if subject.context.profile is not Profile.MIGRATE:
            for statement in subject.statements[1:]:
                yield self._second(subject, statement.start, statement.end)
        if subject.dialect and subject.dialect.name == "tsql":
            for statement in subject.statements:
                yield from self._run_on(statement)

    def _second(self, script: Script, start: int, end: int) -> Finding:
        first = script.text[start:end].split(maxsplit=1)[0]
        message = f"a second statement begins here with {first.upper()}; it would run as well"
        return self.finding(message, script.location(start, end), quote=script.text[start:end][:200])

    def _run_on(self, statement: Statement) -> Iterator[Finding]:
        """A second T-SQL statement without a semicolon, as an alias or as what broke the parser."""
        for node in statement.all(exp.Alias, exp.TableAlias):
            name = node.args.get("alias") or node.this
            if isinstance(name, exp.Identifier) and self._starts(statement, name):
                start = name.meta["start"]
                yield self._second(statement.script, start, statement.end)
        if statement.tree is None and statement.kind in (Kind.QUERY, Kind.WRITE, Kind.SESSION):
            yield from self._unparsed(statement)

    def _starts(self, statement: Statement, name: exp.Identifier) -> bool:
        if name.args.get("quoted") or "start" not in name.meta or name.name.lower() not in _STARTERS:
            return False
        before = statement.script.text[: name.meta["start"]].rstrip()[-3:].lower()
        return before.strip() != "as"

    def _unparsed(self, statement: Statement) -> Iterator[Finding]:
        depth = 0
        for token in statement.tokens[1:]:
            depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
            word = token.text.lower().split(" ")[0]
            if depth == 0 and word in _STARTERS and kind_of([word]) is not Kind.QUERY:
                yield self._second(statement.script, token.start, statement.end)
                return
