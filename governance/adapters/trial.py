"""Trials of checks: plausible faults are put into a table, to see whether the check would notice any.

A check that passes proves nothing when it cannot fail. Each fault is made in a transaction of a
throw-away DuckDB, the check is run as it always is, and the fault is rolled back.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SECONDS = 20.0
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "U")
_TIMES = ("DATE", "TIMESTAMP")
_VIEW = """
select 1 from duckdb_views() where ? = list_aggregate(
  [format('"{}"', replace(part, '"', '""')) for part in [database_name, schema_name, view_name]],
  'string_agg', '.'
)
"""


class Trials:
    """The trials of one run, which share its connection and a budget of seconds."""

    def __init__(self, connection: Any, seconds: float = SECONDS) -> None:
        self._connection = connection
        self._until = time.monotonic() + seconds

    def judge(self, relations: Iterable[str], first: str, notices: Callable[[], bool]) -> dict[str, int]:
        """How many faults a check was shown and how many it noticed: it ends at the first.

        `relations` are quoted names; faults begin with the column `first`. None counts as tried when
        time runs out, since the rest might have been noticed.
        """
        tried = 0
        with self._interrupted():
            for relation in relations:
                for _ in self._damaged(relation, first):
                    noticed = not self._over and notices()
                    if self._over:
                        return {"tried": 0, "noticed": 0}
                    tried += 1
                    if noticed:
                        return {"tried": tried, "noticed": 1}
        return {"tried": tried, "noticed": 0}

    @property
    def _over(self) -> bool:
        return time.monotonic() > self._until

    @contextlib.contextmanager
    def _interrupted(self) -> Iterator[None]:
        """A query that a fault has made endless is ended with the budget."""
        left = max(self._until - time.monotonic(), 0)
        timer = threading.Timer(left, self._connection.interrupt)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _damaged(self, relation: str, first: str) -> Iterator[None]:
        """The relation with one fault after the other; one that the table itself refuses is left out."""
        import duckdb

        prepare = self._as_table(relation)
        described = self._connection.execute(f"describe select * from {relation}").fetchall()
        for fault in _faults(relation, {name: kind for name, kind, *_ in described}, first):
            self._connection.execute("begin")
            try:
                for statement in (*prepare, fault):
                    self._connection.execute(statement)
                yield
            except duckdb.Error:
                continue
            finally:
                self._connection.execute("rollback")

    def _as_table(self, relation: str) -> tuple[str, ...]:
        """Statements that keep the rows, and put a table in the place of a view, whose rows are fixed."""
        kept = f"create temp table built as select * from {relation}"
        found = self._connection.execute(_VIEW, [relation]).fetchone()
        return (kept, f"drop view {relation}", f"create table {relation} as from built") if found else (kept,)


@dataclass(frozen=True, slots=True)
class SqlTest:
    """A dbt test as a trial needs it: the SQL that yields its failures, and the relations that it reads.

    `count` says how failures are counted, `alarms` compare the count as `warn_if` and `error_if` do.
    """

    sql: str
    relations: tuple[str, ...]
    column: str = ""
    count: str = "count(*)"
    alarms: tuple[str, ...] = ("!= 0",)

    def fails(self, connection: Any) -> bool:
        """Whether dbt would warn or fail, as it also does when the test cannot run on the data."""
        import duckdb

        alarm = " or ".join(f"coalesce(({self.count}) {alarm}, false)" for alarm in self.alarms)
        try:
            (found,) = connection.execute(f"select {alarm} from (\n{self.sql}\n) as failures").fetchone()
        except duckdb.Error:
            return True
        return bool(found)


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
