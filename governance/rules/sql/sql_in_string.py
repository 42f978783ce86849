"""The rule `sql-in-string`."""

from governance.finding import Severity
from governance.rules.sql.call_rule import CallRule
from governance.syntax.sql.functions import Effect


class SqlInString(CallRule):
    """A function runs SQL or code that is given to it as text.

    What stands in the string is out of sight of every check, and may be put together at run time.
    """

    code, name, severity = "SQL104", "sql-in-string", Severity.CRITICAL
    remedy = "Write the inner query as a sub-query."
    effects = (Effect.CODE,)
    good = ("select 'select 1' as text",)
    bad = (
        "select * from query('select 42')",
        ("select query_to_xml('delete from t', true, true, '')", {"dialect": "postgres"}),
        ("select java_method('java.lang.System', 'exit', 0)", {"dialect": "databricks"}),
    )
