"""The rule `hidden-character`."""

from governance.finding import Severity
from governance.rules.sql.problem_rule import ProblemRule
from governance.syntax.sql import Trouble


class HiddenCharacter(ProblemRule):
    """The text holds characters that a reader cannot see or would take for others.

    A Cyrillic letter in a table's name, or a mark that reverses the line, makes people approve something
    else than what runs.
    """

    code, name, severity = "SQL007", "hidden-character", Severity.CRITICAL
    remedy = "Write names in one script, without invisible characters."
    trouble = Trouble.HIDDEN
    consequence = "people would read something else than what runs"
    good = ("select 'Größe', 'заказ' as city", 'select "größe" from t')
    bad = ("select * from ord\u0435rs", "select 1\u200b", "select 'a\u202eb'")
