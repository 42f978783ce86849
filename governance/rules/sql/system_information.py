"""The rule `system-information`."""

from governance.finding import Severity
from governance.rules.sql.call_rule import CallRule
from governance.syntax.sql.functions import Effect


class SystemInformation(CallRule):
    """A function tells about the server, the session or the catalog.

    Names of users, versions and settings are what an attacker asks for first; an analysis seldom needs them.
    """

    code, name, severity = "SQL107", "system-information", Severity.MEDIUM
    remedy = "Leave it out, or allow the function by name where the answer is needed."
    effects = (Effect.INFO,)
    good = ("select current_date",)
    bad = (
        "select version()",
        ("select current_user", {"dialect": "postgres"}),
        ("select pg_get_viewdef(1)", {"dialect": "postgres"}),
    )
