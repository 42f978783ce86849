"""The rule `replaced-in-place`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Location, Severity
from governance.rule import Rule
from governance.syntax.sql import Script

_CONTAINERS = {"TABLE", "SCHEMA", "DATABASE", "SEQUENCE"}


class ReplacedInPlace(Rule[Script]):
    """The statement replaces the content of a table that may exist.

    `CREATE OR REPLACE TABLE`, `INSERT OVERWRITE` and `SWAP WITH` drop what was there without saying DROP.
    """

    code, name, severity = "SQL404", "replaced-in-place", Severity.CRITICAL
    remedy = "Create a new table under its own name, check it, and switch over by hand."
    good = (
        ("create table t as select 1 as x", {"profile": "migrate"}),
        ("create or replace view v as select 1 as x", {"profile": "migrate"}),
    )
    bad = (
        ("create or replace table orders as select 1 as x", {"profile": "migrate", "dialect": "snowflake"}),
        ("insert overwrite into orders select * from c", {"profile": "write", "dialect": "snowflake"}),
        ("alter table orders swap with c", {"profile": "migrate", "dialect": "snowflake"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each table that would be replaced."""
        for statement in subject.statements:
            for node in statement.all(exp.Create):
                if node.args.get("replace") and str(node.args.get("kind")).upper() in _CONTAINERS:
                    yield self._finding(statement.at(node), node.this, "replaced as a whole")
            for insert in statement.all(exp.Insert):
                if insert.args.get("overwrite") or insert.args.get("where"):
                    yield self._finding(statement.at(insert), insert.this, "overwritten")
                elif str(insert.args.get("alternative") or "").upper() == "REPLACE":
                    yield self._finding(statement.at(insert), insert.this, "replaced row by row")
            for swap in statement.all(exp.SwapTable):
                yield self._finding(statement.at(swap), swap.this, "swapped with another")

    def _finding(self, place: Location, table: exp.Expr | None, how: str) -> Finding:
        found = table.find(exp.Table) if isinstance(table, exp.Expr) else None
        name = found.sql() if found is not None else "the table"
        return self.finding(f"the content of {name} would be {how}", place, quote=name)
