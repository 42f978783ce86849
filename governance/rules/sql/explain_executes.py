"""The rule `explain-executes`."""

from governance.finding import Severity
from governance.rules.sql.kind_rule import KindRule
from governance.syntax.sql import Kind


class ExplainExecutes(KindRule):
    """The statement asks for a plan, and may run what it explains.

    `EXPLAIN ANALYZE DELETE` deletes. Forms and options differ too much to tell the harmless ones apart.
    """

    code, name, severity = "SQL017", "explain-executes", Severity.CRITICAL
    remedy = "Judge the statement itself; ask for its plan by hand."
    kinds = (Kind.EXPLAIN,)
    consequence = "may run the statement that it explains"
    good = ("select 'explain' as word",)
    bad = (
        "explain analyze select 1",
        ("explain (analyze true) update orders set total = 0", {"dialect": "postgres"}),
    )
