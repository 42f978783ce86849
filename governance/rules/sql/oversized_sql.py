"""The rule `oversized-sql`."""

from governance.finding import Severity
from governance.rules.sql.problem_rule import ProblemRule
from governance.syntax.sql import Trouble


class OversizedSql(ProblemRule):
    """The text is larger than what is judged.

    A gate that reads without a limit can be stopped by one long line; data does not belong in statements.
    """

    code, name, severity = "SQL008", "oversized-sql", Severity.HIGH
    remedy = "Split it, or load the data from a seed or a file."
    trouble = Trouble.OVERSIZED
    consequence = "it was not read"
    good = ("select 1",)
    bad = ("select " + "1," * 800_000 + "1",)
