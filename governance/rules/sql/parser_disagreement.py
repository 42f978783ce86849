"""The rule `parser-disagreement`."""

from governance.finding import Severity
from governance.rules.sql.problem_rule import ProblemRule
from governance.syntax.sql import Trouble


class ParserDisagreement(ProblemRule):
    """Two readers of the text disagree about what is code and what is a literal or a comment.

    Statements hide in that gap: the gate reads a harmless string, the server runs what it contains.
    """

    code, name, severity = "SQL004", "parser-disagreement", Severity.CRITICAL
    remedy = "Write the literal without escapes, or the comment without nesting."
    trouble = Trouble.DISAGREEMENT
    consequence = "the server may run what looks like a string"
    good = ("select 'it''s' -- fine", ("select 1 -- 2", {"dialect": "mysql"}))
    bad = ("select 1 -- one\r, 2", ("select '''''' as x", {"dialect": "databricks"}))
