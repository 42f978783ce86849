"""The rule `hint-or-setting`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Script, Statement, Trouble


class HintOrSetting(Rule[Script]):
    """A query carries settings of its own, or hints that steer the server.

    ClickHouse takes `SETTINGS readonly = 0` inside a SELECT; a hint can set variables or ask for every
    core. The limits that the connection sets would no longer hold.
    """

    code, name, severity = "SQL019", "hint-or-setting", Severity.HIGH
    remedy = "Remove the hint or setting, or set it on the connection."
    good = ("select * from orders /* a comment */", ("select 1 /*+ no hint here */", {"dialect": "sqlite"}))
    bad = (
        ("select 1 settings readonly = 0", {"dialect": "clickhouse"}),
        ("select /*+ SET_VAR(max_execution_time=0) */ 1", {"dialect": "mysql"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each hint and each list of settings."""
        for problem in subject.problems:
            if problem.trouble is Trouble.HINT:
                quote = subject.text[problem.start : problem.end][:200]
                place = subject.location(problem.start, problem.end)
                yield self.finding("this comment steers how the server runs the query", place, quote=quote)
        for statement in subject.statements:
            yield from self._settings(statement)

    def _settings(self, statement: Statement) -> Iterator[Finding]:
        for node in statement.every(exp.Query):
            for setting in node.args.get("settings") or ():
                text = statement.quote(setting)
                message = f"{text} would replace the limits of the connection"
                yield self.finding(message, statement.at(setting), quote=text)
            for modifier in node.args.get("operation_modifiers") or ():
                message = f"{modifier.name} steers how the server runs the query"
                yield self.finding(message, statement.at(node), quote=modifier.name)
