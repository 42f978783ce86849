"""The rule `bulk-transfer`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rules.sql.kind_rule import KindRule
from governance.syntax.sql import Kind, Script

# What stands where INSERT names its table, or FROM names one, and reaches out of the database instead.
_OUTSIDE = {"clickhouse": {"infile"}, "tsql": {"openquery", "openrowset", "opendatasource"}}


class BulkTransfer(KindRule):
    """The statement moves data between tables and files, stages or other systems.

    One line carries a whole table out of the warehouse, or overwrites one from a file.
    """

    code, name, severity = "SQL013", "bulk-transfer", Severity.CRITICAL
    remedy = "Select the rows; let the pipeline move them."
    kinds = (Kind.BULK,)
    consequence = "moves data in or out of the database"
    good = ("select * from orders",)
    bad = (
        "copy orders to 'orders.csv'",
        "export database 'dir'",
        ("unload ('select 1') to 's3://b/'", {"dialect": "redshift"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each such statement, and at each source or target outside of the database."""
        yield from super().check(subject)
        outside = _OUTSIDE.get(subject.dialect.name, set()) if subject.dialect else set()
        for statement in subject.statements if outside else ():
            for table in statement.all(exp.Table):
                name = table.this
                if (
                    isinstance(name, exp.Identifier)
                    and not name.args.get("quoted")
                    and name.name.lower() in outside
                ):
                    message = f"{name.name.upper()} {self.consequence}"
                    yield self.finding(message, statement.at(table), quote=statement.quote(table))
