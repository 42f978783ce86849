"""The rule `external-reader`."""

from governance.finding import Severity
from governance.rules.sql.call_rule import CallRule
from governance.syntax.sql.functions import Effect


class ExternalReader(CallRule):
    """A function in the query reads files or other systems, or sends data to them.

    It reads what the credentials of the server reach, not what the agent was given.
    """

    code, name, severity = "SQL103", "external-reader", Severity.CRITICAL
    remedy = "Read from tables in scope; let the pipeline load what lies outside."
    effects = (
        Effect.READS,
        Effect.NETWORK,
    )
    good = ("select * from t, unnest(t.items)",)
    bad = (
        "select * from read_csv('http://x/y')",
        ("select load_file('/etc/passwd')", {"dialect": "mysql"}),
        ("select * from url('http://x')", {"dialect": "clickhouse"}),
    )
