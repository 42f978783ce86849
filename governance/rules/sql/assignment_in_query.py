"""The rule `assignment-in-query`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Script, Statement


class AssignmentInQuery(Rule[Script]):
    """A query assigns to a variable of the session or of the server.

    `SELECT @@global.read_only := 0` is a query by its form and an administrator's command by its effect.
    """

    code, name, severity = "SQL020", "assignment-in-query", Severity.CRITICAL
    remedy = "Compute the value in the query, with a CTE or a window function."
    good = (
        ("select a = 1 from t", {"dialect": "mysql"}),
        ("select a as x from t", {"dialect": "tsql"}),
        "select {'a': 1}",
    )
    bad = (("select @a := 1", {"dialect": "mysql"}), ("select @x = 1", {"dialect": "tsql"}))

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each assignment."""
        for statement in subject.statements:
            for node in statement.all(exp.PropertyEQ):
                if _variable(node.this):
                    yield self._finding(statement, node)
            if subject.dialect and subject.dialect.name == "tsql":
                for select in statement.all(exp.Select):
                    for item in select.expressions:
                        if isinstance(item, exp.EQ) and _variable(item.this):
                            yield self._finding(statement, item)
                for update in statement.all(exp.Update):
                    for item in update.expressions:
                        if isinstance(item, exp.Binary) and any(_variable(v) for v in _left_sides(item)):
                            yield self._finding(statement, item)

    def _finding(self, statement: Statement, node: exp.Expr) -> Finding:
        script = statement.script
        start, end = statement.span(node)
        start = max(script.text.rfind("@", 0, start + 1), statement.start)  # Variables carry no place.
        message = "this assigns to a variable while it reads"
        return self.finding(message, script.location(start, end), quote=script.text[start:end][:200])


def _left_sides(node: exp.Expr) -> Iterator[exp.Expr]:
    while isinstance(node, exp.Binary):
        yield node.this
        node = node.this


def _variable(node: exp.Expr) -> bool:
    return isinstance(node, (exp.Parameter, exp.SessionParameter))
