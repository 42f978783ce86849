"""The rule `session-change`."""

from governance.finding import Severity
from governance.rules.sql.kind_rule import KindRule
from governance.syntax.sql import Kind


class SessionChange(KindRule):
    """The statement changes the session or the server: a setting, a role, a transaction.

    It outlives the statement and changes what the next one means: another schema, another role, no limits.
    """

    code, name, severity = "SQL014", "session-change", Severity.CRITICAL
    remedy = "Leave settings, roles and transactions to the connection that runs the query."
    kinds = (Kind.SESSION,)
    consequence = "changes the session or the server for whatever runs next"
    good = ("select 1",)
    bad = (
        "set enable_external_access = true",
        "use other",
        "begin",
        ("alter session set x = 1", {"dialect": "snowflake"}),
    )
