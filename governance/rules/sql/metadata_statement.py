"""The rule `metadata-statement`."""

from governance.finding import Severity
from governance.rules.sql.kind_rule import KindRule
from governance.syntax.sql import Kind


class MetadataStatement(KindRule):
    """The statement shows metadata: settings, grants, definitions of objects.

    It tells an agent what it was not given, credentials in view definitions among it; some forms run the
    query that they describe.
    """

    code, name, severity = "SQL023", "metadata-statement", Severity.HIGH
    remedy = "Query the tables in scope; give the agent their schema as context."
    kinds = (Kind.METADATA,)
    consequence = "shows what lies outside of the tables in scope"
    good = ("select 1",)
    bad = ("describe orders", "summarize orders", ("show grants", {"dialect": "mysql"}))
