"""The rule `path-table`."""

import re
from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Script, Statement
from governance.syntax.sql.names import TableName, table_names

_FILE = re.compile(
    r"[/\\:?]|\.(csv|tsv|txt|json|jsonl|ndjson|parquet|pq|orc|avro|arrow|feather|xlsx?|db|duckdb|sqlite3?|gz|zst|log|xml)$",
    re.IGNORECASE,
)
_FORMATS = {
    "csv",
    "json",
    "parquet",
    "delta",
    "orc",
    "avro",
    "text",
    "binaryfile",
    "iceberg",
    "jdbc",
    "xml",
    "hudi",
    "kafka",
    "image",
    "libsvm",
    "mlflow_experiment",
}
# Virtual tables that need no declaration: each reads files through its hidden columns.
_SQLITE_READERS = {"fsdir", "lsdir", "zipfile", "csv", "vsv", "fileio_ls", "fileio_scan", "sqlite_dbpage"}


class PathTable(Rule[Script]):
    """The place of a table is taken by a file, a stage, a pattern or a name made at run time.

    DuckDB opens `FROM 'x.csv'`, Spark ``csv.`/mnt/x` ``, Snowflake `@stage`: any file that the server can
    reach. With a list of tables, a wildcard or a hidden `$` table reads more than the list says.
    """

    code, name, severity = "SQL203", "path-table", Severity.CRITICAL
    remedy = "Name a table; load files in the pipeline."
    good = (
        "select * from orders",
        'select * from "Orders 2024"',
        ("select * from `p.d.t_*`", {"dialect": "bigquery"}),
    )
    bad = (
        "select * from 'https://x/y.parquet'",
        ("select * from csv.`/mnt/x`", {"dialect": "databricks"}),
        ("select $1 from '@stage/x.csv'", {"dialect": "snowflake"}),
        ("select * from `p.d.t_*`", {"dialect": "bigquery", "tables": ("t",)}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each source that is no plain table."""
        for statement in subject.statements:
            for node in (*statement.all(exp.Table), *statement.all(exp.TableFromRows)):
                if _computed(node):
                    yield self._finding(
                        statement, node, "is computed, a stage or a text, so it can name anything"
                    )
            for table in table_names(statement):
                reason = _reason(statement, table)
                if reason:
                    yield self._finding(statement, table.node, reason)

    def _finding(self, statement: Statement, node: exp.Expr, reason: str) -> Finding:
        quote = statement.quote(node)
        return self.finding(f"{quote[:80]} {reason}", statement.at(node), quote=quote[:200])


def _computed(node: exp.Expr) -> bool:
    source = node.this
    if isinstance(node, exp.TableFromRows):
        return not isinstance(source, exp.Func)
    if isinstance(source, exp.DynamicIdentifier):
        return True
    return isinstance(source, (exp.Literal, exp.Var, exp.Parameter, exp.Placeholder, exp.SessionParameter))


def _reason(statement: Statement, table: TableName) -> str:
    script = statement.script
    dialect = script.dialect.name if script.dialect else ""
    if dialect in ("duckdb", "databricks", "clickhouse") and any(_FILE.search(part) for part in table.parts):
        return "names a file or an address, which the server would open"
    if dialect == "databricks" and len(table.parts) == 2 and table.parts[0] in _FORMATS:
        return "reads files of that format at any path"
    if dialect in ("sqlite", "duckdb") and table.text.startswith("'"):
        return "is a text in the place of a table"
    if dialect == "sqlite" and table.name in _SQLITE_READERS:
        return "is a virtual table over files"
    if dialect == "snowflake" and table.name.startswith("@"):
        return "reads the files of a stage"
    if dialect == "trino" and "$" in table.name:
        return "reads the table's internals: files, history and snapshots"
    if script.context.tables is not None and dialect == "bigquery" and "*" in table.name:
        return "reads every table that fits the pattern"
    return ""
