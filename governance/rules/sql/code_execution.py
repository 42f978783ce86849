"""The rule `code-execution`."""

from governance.finding import Severity
from governance.rules.sql.kind_rule import KindRule
from governance.syntax.sql import Kind


class CodeExecution(KindRule):
    """The statement runs code: a procedure, a block, or SQL put together at run time.

    What it does is decided when it runs, out of sight of every check.
    """

    code, name, severity = "SQL012", "code-execution", Severity.CRITICAL
    remedy = "Write out the query itself."
    kinds = (Kind.CODE,)
    consequence = "runs code that no check can see"
    good = ("select 1",)
    bad = (
        "call purge()",
        ("do $$ begin delete from orders; end $$", {"dialect": "postgres"}),
        ("exec('drop table orders')", {"dialect": "tsql"}),
    )
