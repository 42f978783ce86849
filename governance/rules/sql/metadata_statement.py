"""The rule `metadata-statement`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rules.sql.kind_rule import KindRule
from governance.syntax.sql import Kind, Script


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

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each such statement, also at one that DuckDB takes in parentheses for a table."""
        yield from super().check(subject)
        if subject.dialect is None or subject.dialect.name != "duckdb":
            return
        for statement in subject.statements:
            for table in statement.all(exp.Table):
                if isinstance(table.parent, exp.Subquery) and table.name.lower() in _IN_PARENTHESES:
                    quote = statement.quote(table)
                    message = f"({quote}) {self.consequence}"
                    yield self.finding(message, statement.at(table), quote=quote)


_IN_PARENTHESES = {"show", "describe", "desc", "summarize", "call", "explain"}
