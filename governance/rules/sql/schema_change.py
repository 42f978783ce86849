"""The rule `schema-change`."""

from governance.finding import Severity
from governance.rules.sql.kind_rule import KindRule
from governance.syntax.sql import Kind, Profile


class SchemaChange(KindRule):
    """The statement creates or alters an object, which this profile does not allow.

    Objects outlive the question that was asked, and others begin to depend on them.
    """

    code, name, severity = "SQL024", "schema-change", Severity.CRITICAL
    remedy = "Ask with a query, or judge it as a migration."
    kinds = (Kind.DEFINE,)
    permitted = (Profile.MIGRATE,)
    consequence = "creates or alters an object, which only the profile `migrate` may"
    good = ("select 1", ("create table t (id int)", {"profile": "migrate"}))
    bad = (
        "create table x as select * from orders",
        ("alter table orders add column x int", {"profile": "write"}),
    )
