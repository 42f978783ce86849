"""The rule `executable-comment`."""

from governance.finding import Severity
from governance.rules.sql.problem_rule import ProblemRule
from governance.syntax.sql import Trouble


class ExecutableComment(ProblemRule):
    """A comment holds code that the server executes.

    MySQL and MariaDB run what stands in `/*! ... */`; every other reader, and every reviewer, skips it.
    """

    code, name, severity = "SQL005", "executable-comment", Severity.CRITICAL
    remedy = "Write the code outside of the comment, or remove it."
    trouble = Trouble.EXECUTABLE
    consequence = "the server would run its content"
    good = (("select 1 /* plain */", {"dialect": "mysql"}), "select 1 /*! not executable here */")
    bad = (
        ("select 1 /*!50000 for update */", {"dialect": "mysql"}),
        ("select /*M! 1 */ 2", {"dialect": "mariadb"}),
    )
