"""The rule `privilege-change`."""

from governance.finding import Severity
from governance.rules.sql.kind_rule import KindRule
from governance.syntax.sql import Kind


class PrivilegeChange(KindRule):
    """The statement changes who may do what.

    A grant outlives the agent that wrote it, and nobody reviews it again.
    """

    code, name, severity = "SQL015", "privilege-change", Severity.CRITICAL
    remedy = "Change privileges where they are administered, by hand."
    kinds = (Kind.GRANT,)
    consequence = "changes who may do what"
    good = ("select 1",)
    bad = (
        ("grant select on orders to bob", {"dialect": "postgres"}),
        ("create user u", {"dialect": "clickhouse"}),
    )
