"""Trials of checks: plausible faults are put into a table, to see whether the check would notice any.

A check that passes proves nothing when it cannot fail. Each fault is made in a transaction of a
throw-away DuckDB, the check is run as it always is, and the fault is rolled back. A check that notices
faults in a table may still say no more than the query behind it: then no fault in what that reads shows.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

SECONDS = 20.0
_Faults = Callable[[str, Mapping[str, str], str], Iterator[str]]
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

    def judge(
        self, relations: Iterable[str], first: str, notices: Callable[[], bool], half: bool = False
    ) -> dict[str, Any]:
        """How many faults a check was shown and how many it noticed: it ends at the first.

        `relations` are quoted names; faults begin with the column `first`, and spoil `half` of the rows or
        all. Then come values that no pipeline would make: a check that first notices one of those is `lax`;
        and then emptiness, for checks of nothing else. None counts as tried when time runs out, since the
        rest might have been noticed.
        """
        tried, known = 0, list(relations)
        with self._interrupted():
            for faults in (partial(_faults, half=half), _gross, partial(_emptying, half=half)):
                for relation in known:
                    for _ in self._damaged(relation, first, faults):
                        noticed = not self._over and notices()
                        if self._over:
                            return {"tried": 0, "noticed": 0}
                        tried += 1
                        if noticed:
                            return {"tried": tried, "noticed": 1, "lax": faults is _gross}
        return {"tried": tried, "noticed": 0}

    def restates(
        self, made: Sequence[Sequence[str]], inputs: Iterable[str], notices: Callable[[], bool]
    ) -> bool:
        """Whether a check holds whatever is in the `inputs` out of which the tables that it reads are `made`.

        Each of `made` is a quoted name and its query, parents first. Not when it could not be found out.
        """
        tried = 0
        with self._interrupted():
            for _ in self._made_anew(made, inputs):
                noticed = self._over or notices()
                if noticed or self._over:
                    return False
                tried += 1
        return tried > 0

    def judge_unit(self, test: "UnitTest") -> dict[str, Any]:
        """How many altered queries a unit test was shown and how many it noticed: it ends at the first."""
        tried = 0
        with self._interrupted():
            expected = test.rows(self._connection, test.sql)
            for lax, queries in ((False, test.logic), (bool(test.logic), test.others)):
                for query in queries if expected is not None else ():
                    rows = None if self._over else test.rows(self._connection, query)
                    if self._over:
                        return {"tried": 0, "noticed": 0}
                    tried += rows is not None
                    if rows is not None and rows != expected:
                        return {"tried": tried, "noticed": 1, "lax": lax}
        return {"tried": tried, "noticed": 0}

    def constants(
        self, relation: str, made: Sequence[Sequence[str]], inputs: Iterable[str]
    ) -> dict[str, bool]:
        """The columns of a relation, one of those `made`, that hold one value whatever is in the inputs.

        With each, whether some input makes it null.
        """
        described = self._connection.execute(f"describe select * from {relation}").fetchall()
        held = {name: self._values(relation, name) for name, *_ in described}
        found = {name: values.pop() for name, values in held.items() if len(values) == 1}
        tried, nulls = 0, set()
        with self._interrupted():
            for _ in self._made_anew(made, inputs) if found else ():
                if self._over:
                    return {}
                tried += 1
                now = {name: self._values(relation, name) for name in found}
                found = {name: value for name, value in found.items() if now[name] <= {value, None}}
                nulls |= {name for name in found if None in now[name]}
        return {name: name in nulls for name in found} if tried else {}

    def _values(self, relation: str, name: str) -> set[str | None]:
        """The values of a column as text, up to a few."""
        query = f"select distinct {_quoted(name)}::varchar from {relation} limit 3"
        return {value for (value,) in self._connection.execute(query).fetchall()}

    def _made_anew(self, made: Sequence[Sequence[str]], inputs: Iterable[str]) -> Iterator[None]:
        """The tables as their queries make them of damaged inputs, where these can be made at all."""
        import duckdb

        for relation in inputs:
            for _ in self._damaged(relation, "", _all_faults):
                try:
                    for name, query in made:
                        self._connection.execute(self._dropping(name))
                        self._connection.execute(f"create table {name} as (\n{query}\n)")
                except duckdb.Error:
                    continue
                yield

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

    def _damaged(self, relation: str, first: str, faults: "_Faults") -> Iterator[None]:
        """The relation with one fault after the other; one that the table itself refuses is left out."""
        import duckdb

        prepare = self._as_table(relation)
        described = self._connection.execute(f"describe select * from {relation}").fetchall()
        columns = {name: kind for name, kind, *_ in described}
        for fault in faults(relation, columns, first):
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
        if not self._is_view(relation):
            return (kept,)
        return kept, f"drop view {relation}", f"create table {relation} as from built"

    def _dropping(self, relation: str) -> str:
        return f"drop {'view' if self._is_view(relation) else 'table'} {relation}"

    def _is_view(self, relation: str) -> bool:
        return self._connection.execute(_VIEW, [relation]).fetchone() is not None


@dataclass(frozen=True, slots=True)
class SqlTest:
    """A dbt test as a trial needs it: the SQL that yields its failures, and the relations that it reads.

    `count` says how failures are counted, `alarms` compare the count as `warn_if` and `error_if` do. Of the
    relations some are `made` by queries, out of `inputs`.
    """

    sql: str
    relations: tuple[str, ...]
    column: str = ""
    count: str = "count(*)"
    alarms: tuple[str, ...] = ("!= 0",)
    made: tuple[tuple[str, str], ...] = ()
    inputs: tuple[str, ...] = ()

    def fails(self, connection: Any) -> bool:
        """Whether dbt would warn or fail, as it also does when the test cannot run on the data."""
        import duckdb

        alarm = " or ".join(f"coalesce(({self.count}) {alarm}, false)" for alarm in self.alarms)
        try:
            (found,) = connection.execute(f"select {alarm} from (\n{self.sql}\n) as failures").fetchone()
        except duckdb.Error:
            return True
        return bool(found)


@dataclass(frozen=True, slots=True)
class UnitTest:
    """A unit test that passed: the query of its model over the rows given, and the columns it expects.

    `logic` are queries that decide or compute something else, `others` those that lose a column or a row.
    """

    sql: str
    columns: tuple[str, ...] = ()
    logic: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def rows(self, connection: Any, query: str) -> list[str] | None:
        """What a query puts out in the columns that the test looks at, or none when it does not run."""
        import duckdb

        columns = ", ".join(map(_quoted, self.columns)) or "*"
        try:
            found = connection.execute(f"select {columns} from (\n{query}\n) as made").fetchall()
        except duckdb.Error:
            return None
        return sorted(map(repr, found))


def _faults(relation: str, columns: Mapping[str, str], first: str, half: bool) -> Iterator[str]:
    """Statements that damage a table in the ways that pipelines do, beginning with one column."""
    some = " where rowid % 2 = 0" if half else ""
    for name in _beginning_with(first, columns):
        yield f"update {relation} set {_quoted(name)} = null where rowid % 2 = 0"
        for value in _values(_quoted(name), columns[name]):
            yield f"update {relation} set {_quoted(name)} = {value}{some}"
    yield f"insert into {relation} select * from {relation}"
    yield f"delete from {relation} where rowid % 2 = 0"


def _gross(relation: str, columns: Mapping[str, str], first: str) -> Iterator[str]:
    """Statements that put values into a table that nothing in it comes near."""
    for name in _beginning_with(first, columns):
        for value in ("99999", "99999999") if columns[name].startswith(_NUMBERS) else ():
            yield f"update {relation} set {_quoted(name)} = {value}"


def _emptying(relation: str, columns: Mapping[str, str], first: str, half: bool) -> Iterator[str]:
    """Statements that leave a column or the table empty."""
    for name in () if half else _beginning_with(first, columns):
        yield f"update {relation} set {_quoted(name)} = null"
    yield f"delete from {relation}"


def _all_faults(relation: str, columns: Mapping[str, str], first: str) -> Iterator[str]:
    for faults in (partial(_faults, half=False), _gross, partial(_emptying, half=False)):
        yield from faults(relation, columns, first)


def _beginning_with(first: str, columns: Iterable[str]) -> list[str]:
    return sorted(columns, key=lambda column: column.lower() != first.lower())


def _values(column: str, kind: str) -> Iterable[str]:
    yield f"(select min({column}) from built)"
    if kind.startswith(_NUMBERS):
        yield from (f"-abs({column}) - 1", "0", f"{column} * 100", f"{column} * 1000")
    elif kind.startswith(_TIMES):
        yield from ("'1900-01-01'", "'2999-12-31'")
    elif kind.startswith("BOOLEAN"):
        yield f"not {column}"
    else:
        yield from ("''", "'no such value'", f"upper({column})", "repeat('long ', 1000)")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
