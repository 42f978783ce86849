"""The rule `catalog-read`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.rules.sql.oracle_catalog import in_dictionary
from governance.rules.sql.series_bomb import ENDLESS
from governance.syntax.sql import Script
from governance.syntax.sql.names import TableName, table_names

_SCHEMAS = {
    *("information_schema", "pg_catalog", "sys", "system", "mysql", "performance_schema", "account_usage"),
    *("pg_toast", "svv", "organization_usage", "reader_account_usage", "pg_internal", "systables"),
    *("duckdb_catalog", "v$", "system_access", "jmx"),
}
_PREFIXES = {
    "postgres": ("pg_",),
    "redshift": ("pg_", "stl_", "stv_", "svv_", "svl_", "svcs_", "sys_"),
    "sqlite": ("sqlite_", "dbstat", "pragma_", "bytecode", "tables_used"),
    "duckdb": ("duckdb_", "sqlite_", "pg_", "pragma_"),
    "bigquery": ("__tables",),
    "tsql": ("sysobjects", "syscolumns", "sysusers", "sysdatabases", "syslogins", "sysprocesses"),
}


_COUNTERS = {*ENDLESS, "system.one"}  # ClickHouse keeps them among the catalog's tables.
_SERVER_DATABASES = {"master", "msdb", "model", "tempdb"}


class CatalogRead(Rule[Script]):
    """The query reads the catalog of the database.

    It lists every table, column, user and grant, also those that the agent was not given.
    """

    code, name, severity = "SQL205", "catalog-read", Severity.MEDIUM
    remedy = "Give the agent the schema of its tables as context instead."
    good = ("select * from sales.orders", ("select * from user_events", {"dialect": "oracle"}))
    bad = (
        "select * from information_schema.tables",
        ("select * from pg_shadow", {"dialect": "postgres"}),
        ("select @@version", {"dialect": "mysql"}),
        ("select table_name from user_tables", {"dialect": "oracle"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each table of the catalog and each server variable."""
        dialect = subject.dialect.name if subject.dialect else ""
        for statement in subject.statements:
            for table in table_names(statement):
                if _catalog(dialect, table):
                    message = f"{table.text} belongs to the catalog and tells about objects out of scope"
                    yield self.finding(message, statement.at(table.node), quote=table.text)
            for node in statement.all(exp.SessionParameter, exp.Parameter):
                if isinstance(node, exp.SessionParameter) or isinstance(node.this, exp.Parameter):
                    message = "a server variable tells about the server and not about the data"
                    yield self.finding(message, statement.at(node), quote=node.sql())


def _catalog(dialect: str, table: TableName) -> bool:
    parts = ".".join(table.parts).lower().split(".")
    if any(part in _SCHEMAS for part in parts[:-1]):
        return ".".join(parts) not in _COUNTERS
    if dialect == "tsql" and len(parts) > 2 and parts[-3] in _SERVER_DATABASES:
        return True
    if dialect == "oracle" and in_dictionary(parts[-1]):
        return len(parts) == 1 or parts[-2] == "public"
    return bool(parts) and parts[-1].startswith(_PREFIXES.get(dialect, ("information_schema.",)))
