"""The rule `lexical-ambiguity`."""

from governance.finding import Severity
from governance.rules.sql.problem_rule import ProblemRule
from governance.syntax.sql import Trouble


class LexicalAmbiguity(ProblemRule):
    """Where a literal or comment ends depends on how the server is set up.

    With one setting this is a string, with the other the rest of it is executed.
    """

    code, name, severity = "SQL006", "lexical-ambiguity", Severity.MEDIUM
    remedy = "Double the quote instead of escaping it with a backslash."
    trouble = Trouble.AMBIGUOUS
    consequence = "what runs depends on the server, not on the text"
    good = (("select 'it\\'s'", {"dialect": "mysql"}), ("select 'it''s'", {"dialect": "mysql"}))
    bad = (("select 'a\\'; drop table orders; -- '", {"dialect": "mysql"}),)
