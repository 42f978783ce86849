"""The rule `maintenance-command`."""

from governance.finding import Severity
from governance.rules.sql.kind_rule import KindRule
from governance.syntax.sql import Kind


class MaintenanceCommand(KindRule):
    """The statement maintains the database: vacuum, optimise, kill, purge, repair.

    It locks, rewrites or drops history, and an analysis never needs it.
    """

    code, name, severity = "SQL022", "maintenance-command", Severity.CRITICAL
    remedy = "Leave it to the jobs that maintain the warehouse."
    kinds = (Kind.MAINTAIN,)
    consequence = "maintains the server instead of asking it something"
    good = ("select 1",)
    bad = ("vacuum", ("optimize orders", {"dialect": "databricks"}), ("kill 5", {"dialect": "mysql"}))
