"""The rule `foreign-storage`."""

from collections.abc import Iterator

from sqlglot import exp

from governance.finding import Finding, Severity
from governance.rule import Rule
from governance.syntax.sql import Script, Statement

# Engines, formats and ways to index that keep rows in the database's own storage; the rest reads or
# writes files, queues and other servers, or keeps nothing. From the engines' manuals.
_OWN = {
    *("innodb", "myisam", "aria", "memory", "heap", "ndb", "ndbcluster", "rocksdb", "tokudb", "columnstore"),
    *("log", "tinylog", "stripelog", "set", "join"),
    *("delta", "iceberg", "parquet", "orc", "avro", "hudi", "paimon", "unity_catalog", "columnar", "ao_row"),
    *("csv", "json", "text", "textfile", "rcfile", "rcbinary", "rctext", "sequencefile", "openx_json"),
    *("btree", "hash", "gin", "gist", "spgist", "brin", "bloom", "rum", "hnsw", "ivfflat", "diskann", "art"),
    *("rtree", "bm25"),
}
_CLICKHOUSE_FAMILY = "mergetree"
# MySQL's engine of this name writes loose files, where Hive's format of the same name is a table's own.
_LOOSE_FILES = {"csv"}


class ForeignStorage(Rule[Script]):
    """A new table or index keeps its rows outside of the database, or in a way nobody has reviewed.

    `ENGINE = Kafka`, `USING jdbc` or an access method of somebody's own read and write other systems
    each time the table is used, and a later query looks as harmless as any other.
    """

    code, name, severity = "SQL406", "foreign-storage", Severity.HIGH
    remedy = "Keep the table in the database's own storage, and load other systems in the pipeline."
    good = (
        (
            "create table t (id UInt64) engine = MergeTree order by id",
            {"profile": "migrate", "dialect": "clickhouse"},
        ),
        ("create table t (id int) using delta", {"profile": "migrate", "dialect": "databricks"}),
    )
    bad = (
        ("create table t (id UInt64) engine = NATS", {"profile": "migrate", "dialect": "clickhouse"}),
        ("create table t (id int) engine = csv", {"profile": "migrate", "dialect": "mysql"}),
        ("create table t using kafka", {"profile": "migrate", "dialect": "databricks"}),
    )

    def check(self, subject: Script) -> Iterator[Finding]:
        """A finding at each way to store that is not the database's own."""
        for statement in subject.statements:
            for node in statement.all(exp.EngineProperty, exp.FileFormatProperty):
                yield from self._judged(statement, node, node.this)
            for index in statement.all(exp.IndexParameters):
                yield from self._judged(statement, index, index.args.get("using"))
            for create in statement.all(exp.Create):
                if _as_files(statement, create):
                    yield self._finding(statement, create, "a folder of files")

    def _judged(self, statement: Statement, node: exp.Expr, how: object) -> Iterator[Finding]:
        name = how.name.lower() if isinstance(how, exp.Expr) else ""
        loose = isinstance(node, exp.EngineProperty) and name in _LOOSE_FILES
        if name and (loose or name not in _OWN) and not name.endswith(_CLICKHOUSE_FAMILY):
            yield self._finding(statement, node.parent or node, name)

    def _finding(self, statement: Statement, node: exp.Expr, how: str) -> Finding:
        message = f"its rows would be kept by {how}, which is not the database's own storage"
        return self.finding(message, statement.at(node), quote=statement.quote(node)[:200])


def _as_files(statement: Statement, create: exp.Create) -> bool:
    """T-SQL's `CREATE TABLE … AS FILETABLE`, which reads as a copy of a table of that name."""
    dialect = statement.script.dialect
    source = create.args.get("expression")
    return dialect is not None and dialect.name == "tsql" and isinstance(source, exp.Table)
