"""The rule `bulk-transfer`."""

from governance.finding import Severity
from governance.rules.sql.kind_rule import KindRule
from governance.syntax.sql import Kind


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
