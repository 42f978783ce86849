"""The rule `unknown-dialect`."""

from governance.finding import Severity
from governance.rules.sql.problem_rule import ProblemRule
from governance.syntax.sql import Trouble


class UnknownDialect(ProblemRule):
    """The SQL dialect is not one that can be judged.

    Read in the wrong dialect, a comment becomes code and a string ends in another place; so no dialect
    is guessed.
    """

    code, name, severity = "SQL002", "unknown-dialect", Severity.CRITICAL
    remedy = "Name the dialect of the warehouse that will run it."
    trouble = Trouble.DIALECT
    consequence = "nothing in it can be judged"
    good = ("select 1", ("select 1", {"dialect": "mariadb"}))
    bad = (("select 1", {"dialect": "dbase"}), ("select 1", {"dialect": ""}))
