"""The rule `unknown-statement`."""

from governance.finding import Severity
from governance.rules.sql.kind_rule import KindRule
from governance.syntax.sql import Kind


class UnknownStatement(KindRule):
    """The statement begins with words that no profile knows.

    An unknown statement may do anything; new ones appear with every release of a warehouse.
    """

    code, name, severity = "SQL009", "unknown-statement", Severity.CRITICAL
    remedy = "Write a query, or ask for the statement to be added to the profile."
    kinds = (Kind.UNKNOWN,)
    consequence = "is no statement that any profile knows; it could do anything"
    good = ("select 1",)
    bad = ("frobnicate orders", "explode orders")
