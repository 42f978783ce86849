"""The rule `unreadable-sql`."""

from governance.finding import Severity
from governance.rules.sql.problem_rule import ProblemRule
from governance.syntax.sql import Trouble


class UnreadableSql(ProblemRule):
    """The text cannot be read as SQL of its dialect.

    What the gate cannot parse, the server may still run. Nothing is known about it, so it does not pass.
    """

    code, name, severity = "SQL003", "unreadable-sql", Severity.CRITICAL
    remedy = "Mend the syntax, or write the statement in a form that the dialect documents."
    trouble = Trouble.UNREADABLE
    consequence = "nobody can tell what it would do"
    good = ("select id from orders",)
    bad = ("select from where", "select 'open", "", "select ((1)")
