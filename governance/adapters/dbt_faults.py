"""Plausible faults put into built tables, to see whether a test would notice any of them.

A test that passes proves nothing when it cannot fail. Each fault is made in a transaction of the
throw-away warehouse, the test's own SQL is run, and the fault is rolled back.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SECONDS_A_TEST = 5.0
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "U")
_TIMES = ("DATE", "TIMESTAMP")


@dataclass(frozen=True, slots=True)
class ProbedTest:
    """A test to be tried: the SQL that yields its failures, and the relations that it reads."""

    sql: str
    relations: tuple[str, ...]
    column: str = ""
    count: str = "count(*)"

    @property
    def failures(self) -> str:
        """A query for the number of failures, as dbt asks it."""
        return f"select {self.count} from (\n{self.sql}\n) as failures"


def probe(connection: Any, test: ProbedTest) -> dict[str, int]:
    """How many faults were tried, and how many of them the test noticed; it ends at the first.

    A fault that the table itself refuses, by a type or a constraint, is not counted.
    """
    import duckdb

    until = time.monotonic() + SECONDS_A_TEST
    usual = connection.execute(test.failures).fetchone()
    tried = 0
    for relation in test.relations:
        prepare = _as_table(connection, relation)
        described = connection.execute(f"describe select * from {relation}").fetchall()
        columns = {name: kind for name, kind, *_ in described}
        for fault in _faults(relation, columns, test.column):
            if time.monotonic() > until:
                return {"tried": tried, "noticed": 0}
            connection.execute("begin")
            try:
                for statement in (*prepare, fault):
                    connection.execute(statement)
                noticed = connection.execute(test.failures).fetchone() != usual
                tried += 1
            except duckdb.Error:
                noticed = False
            finally:
                connection.execute("rollback")
            if noticed:
                return {"tried": tried, "noticed": 1}
    return {"tried": tried, "noticed": 0}


def _as_table(connection: Any, relation: str) -> tuple[str, ...]:
    """Statements that keep the rows at hand, and put a table in the place of a view, whose rows are fixed."""
    catalog, schema, name = relation.strip('"').split('"."')
    kept = f"create temp table built as select * from {relation}"
    found = connection.execute(
        "select 1 from duckdb_views() where database_name = ? and schema_name = ? and view_name = ?",
        [catalog, schema, name],
    ).fetchone()
    return (kept, f"drop view {relation}", f"create table {relation} as from built") if found else (kept,)


def _faults(relation: str, columns: Mapping[str, str], first: str) -> Iterator[str]:
    """Statements that damage a table in the ways that pipelines do, beginning with one column."""
    for name in sorted(columns, key=lambda column: column.lower() != first.lower()):
        column = '"' + name.replace('"', '""') + '"'
        for value in _values(column, columns[name]):
            yield f"update {relation} set {column} = {value}"
    yield f"insert into {relation} select * from {relation}"
    yield f"delete from {relation} where rowid % 2 = 0"
    yield f"delete from {relation}"


def _values(column: str, kind: str) -> Iterable[str]:
    yield "null"
    yield f"(select min({column}) from built)"
    if kind.startswith(_NUMBERS):
        yield from (f"-abs({column}) - 1", "0", "99999", "99999999")
    elif kind.startswith(_TIMES):
        yield from ("'1900-01-01'", "'2999-12-31'")
    elif kind.startswith("BOOLEAN"):
        yield f"not {column}"
    else:
        yield from ("''", "'no such value'", f"upper({column})", "repeat('long ', 1000)")
