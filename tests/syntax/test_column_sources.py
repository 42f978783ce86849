"""What each output is made of, asked of DuckDB: an output changes with a column only if that is among its sources."""

from collections import Counter
from random import Random
from typing import Any

import duckdb
import pytest

from governance.errors import InvalidInput
from governance.syntax.column_lineage import column_sources

SCHEMA = {
    "t": {"id": "INTEGER", "k": "INTEGER", "a": "INTEGER", "b": "INTEGER", "c": "INTEGER"},
    "u": {"id": "INTEGER", "j": "INTEGER", "d": "INTEGER", "e": "INTEGER"},
}
CHANGED = [("t", "a"), ("t", "b"), ("t", "c"), ("u", "d"), ("u", "e")]  # id, k and j decide about rows
ROWS = 12


class Queries:
    """Random queries of which rows depend on `id`, `k` and `j` alone, so that values can be watched."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._names = 0

    def relation(self, depth: int) -> tuple[str, list[str]]:
        """A query with the names of its outputs; the first is `id`."""
        makers = (
            [self._plain]
            if depth == 0
            else [self._plain, self._joined, self._grouped, self._union, self._ctes]
        )
        return self._rng.choice(makers)(depth)

    def _new(self) -> str:
        self._names += 1
        return f"n{self._names}"

    def _source(self, depth: int) -> tuple[str, list[str]]:
        """What stands in FROM under an alias of its own, and its columns."""
        alias = self._new()
        if depth == 0 or self._rng.random() < 0.2:
            table = self._rng.choice(["t", "u"])
            return f"{table} as {alias}", [alias, *SCHEMA[table]]
        sql, names = self.relation(depth - 1)
        if self._rng.random() < 0.3:
            names = ["id", *(self._new() for _ in names[1:])]
            return f"({sql}) as {alias}({', '.join(names)})", [alias, *names]
        return f"({sql}) as {alias}", [alias, *names]

    def _value(self, alias: str, names: list[str]) -> str:
        one, other = self._rng.choice(names), self._rng.choice(names)
        return self._rng.choice(
            [
                one, f"{alias}.{one}", f"{alias}.{one} + {other}", f"coalesce({one}, {other})", f"cast({one} as bigint)",
                f"case when {one} > 5 then {other} else 0 end", f"sum({one}) over (partition by id % 3 order by {other})",
                f"(select max(z.d) from u z where z.id = {alias}.id)", f"(select count(*) from t z where z.a < {alias}.{one})",
                f"list_sum([x + {one} for x in [1, 2]])", f"(select sum(w.v) from (select {alias}.{one} as v) w)",
            ]
        )  # fmt: skip

    def _plain(self, depth: int) -> tuple[str, list[str]]:
        source, (alias, *names) = self._source(depth)
        kind = self._rng.random()
        if kind < 0.15:
            return f"select * from {source}", names
        if kind < 0.3 and len(names) > 2:
            gone = self._rng.choice(names[1:])
            return f"select * exclude ({gone}) from {source}", [n for n in names if n != gone]
        if kind < 0.4 and len(names) > 2:
            new = self._rng.choice(names[1:])
            return f"select {alias}.* replace ({self._value(alias, names)} as {new}) from {source}", names
        items = {"id": f"{alias}.id"}
        for _ in range(self._rng.randint(1, 4)):
            plain = [
                name
                for name, sql in items.items()
                if name != "id" and "select" not in sql and "over" not in sql
            ]
            again = f"{plain[-1]} + 1" if plain and self._rng.random() < 0.3 else ""
            items[self._new()] = again or self._value(alias, names)
        return self._listed(items, source)

    def _joined(self, depth: int) -> tuple[str, list[str]]:
        left, (one, *names) = self._source(depth - 1)
        right, (other, *more) = self._source(depth - 1)
        extra = [name for name in more[1:] if name not in names]
        if self._rng.random() < 0.4 and len(extra) == len(more) - 1:
            join = self._rng.choice(["join", "left join"])
            return f"select * from {left} {join} {right} using (id)", [*names, *extra]
        items = {"id": f"{one}.id", self._new(): f"{one}.{self._rng.choice(names)}"}
        items[self._new()] = f"{other}.{self._rng.choice(more)}"
        if extra:
            items[self._new()] = self._rng.choice(extra)
        if self._rng.random() < 0.5:
            items[self._new()] = "x.v"
            right += f" cross join lateral (select {one}.{names[-1]} + {other}.{more[-1]} as v) x"
            return self._listed(items, f"{left} cross join {right} where {one}.id = {other}.id")
        return self._listed(items, f"{left} join {right} on {one}.id = {other}.id")

    def _listed(self, items: dict[str, str], rest: str) -> tuple[str, list[str]]:
        return f"select {', '.join(f'{sql} as {name}' for name, sql in items.items())} from {rest}", list(
            items
        )

    def _grouped(self, depth: int) -> tuple[str, list[str]]:
        source, (alias, *names) = self._source(depth - 1)
        calls = [
            "sum({})",
            "max({})",
            "length(string_agg({}::text, ',' order by id))",
            "count({})",
            "max({}) filter (where id > 3)",
        ]
        items = {"id": f"max({alias}.id)"}
        for _ in range(2):
            items[self._new()] = self._rng.choice(calls).format(self._rng.choice(names))
        return self._listed(items, f"{source} group by {alias}.id % 4")

    def _union(self, depth: int) -> tuple[str, list[str]]:
        (one, names), (other, more) = self.relation(depth - 1), self.relation(depth - 1)
        width = min(len(names), len(more))
        left = f"select {', '.join(names[:width])} from ({one})"
        right = f"select {', '.join(more[:width])} from ({other})"
        return f"{left} union all {right}", names[:width]

    def _ctes(self, depth: int) -> tuple[str, list[str]]:
        name = self._new()
        inner, names = self.relation(depth - 1)
        renamed = ["id", *(self._new() for _ in names[1:])] if self._rng.random() < 0.5 else names
        items = {"id": f"{name}.id"} | {self._new(): self._value(name, renamed) for _ in range(2)}
        listed = f"({', '.join(renamed)})" if renamed is not names else ""
        sql, made = self._listed(items, name)
        return f"with {name}{listed} as ({inner}) {sql}", made


def database(rng: Random) -> Any:
    connection = duckdb.connect(":memory:", config={"threads": "1"})
    for table, columns in SCHEMA.items():
        connection.execute(
            f"create table {table} ({', '.join(f'{n} {kind}' for n, kind in columns.items())})"
        )
        for row in range(ROWS):
            values = [row] + [rng.randint(0, 9) for _ in list(columns)[1:]]
            connection.execute(f"insert into {table} values ({', '.join(map(str, values))})")
    return connection


def results(connection: Any, sql: str) -> list[Counter[str]]:
    """The values of each output, in no order."""
    return [Counter(map(repr, column)) for column in zip(*connection.execute(sql).fetchall(), strict=True)]


@pytest.mark.parametrize("seed", range(200))
def test_only_its_sources_change_an_output(seed: int) -> None:
    rng = Random(seed)
    sql, names = Queries(rng).relation(3)
    connection = database(rng)
    before = results(connection, sql)
    sources = column_sources(sql, "duckdb", SCHEMA)
    assert list(sources) == names
    for table, column in CHANGED:
        connection.execute("begin")
        connection.execute(f"update {table} set {column} = {column} * 7 + id + 11")
        for name, was, now in zip(names, before, results(connection, sql), strict=True):
            assert was == now or (table, column) in sources[name], (sql, name, table, column)
        connection.execute("rollback")


TOLD = [  # query, output, its sources
    ("select * from t join u using (id)", "id", {("t", "id"), ("u", "id")}),
    ("select * from t natural join u", "d", {("u", "d")}),
    ("select * from t natural join u", "id", {("t", "id"), ("u", "id")}),
    ("select x from t, unnest([a, b]) as x(x)", "x", {("t", "a"), ("t", "b")}),
    ("select y.v from t, lateral (select t.c as v) y", "v", {("t", "c")}),
    ("select d from t join u on t.id = u.id", "d", {("u", "d")}),
    ("with recursive r(p, q) as (select a, b from t union all select q, p from r) select p from r", "p", {("t", "a"), ("t", "b")}),
    ("select a as z from t union all by name select d as y, e as z from u", "z", {("t", "a"), ("u", "e")}),
    ("select y from (select a as z from t union all by name select d as y, e as z from u)", "y", {("u", "d")}),
    ("select * rename (a as z) from t", "z", {("t", "a")}),
    ("select * like 'a%' from t", "", None),
    ("select (select max(d) from u where u.id = t.id) as m from t", "m", {("u", "d"), ("u", "id"), ("t", "id")}),
    ("select count(*) as n from t", "n", set()),
    ("select a + 1 as n, n * b as m from t", "m", {("t", "a"), ("t", "b")}),
    ("select sum(a) over (partition by b order by c) as w from t", "w", {("t", "a"), ("t", "b"), ("t", "c")}),
    ("select * from unheard_of", "", None),
]  # fmt: skip


@pytest.mark.parametrize(("query", "output", "sources"), TOLD, ids=[f"{t[0][:50]} {t[1]}" for t in TOLD])
def test_sources_are_all_and_no_more(query: str, output: str, sources: set[tuple[str, str]] | None) -> None:
    if sources is None:
        with pytest.raises(InvalidInput):
            column_sources(query, "duckdb", SCHEMA)
    else:
        assert column_sources(query, "duckdb", SCHEMA)[output] == sources


def test_a_table_is_known_by_the_end_of_its_name() -> None:
    schema = {"w.m.t": {"id": "INTEGER", "x": "INTEGER"}, "w.m.u": {"id": "INTEGER", "y": "INTEGER"}}
    assert column_sources("select y from t join m.u on t.id = u.id", "duckdb", schema) == {
        "y": {("m.u", "y")}
    }


def test_a_graph_of_many_paths_is_walked_once() -> None:
    """Thirty queries, each reading the one before twice: a thousand million paths lead to the table."""
    steps = ", ".join(f"c{n} as (select l.v + r.v as v from c{n - 1} l, c{n - 1} r)" for n in range(1, 31))
    sql = f"with c0 as (select a as v from t), {steps} select v from c30"
    assert column_sources(sql, "duckdb", SCHEMA) == {"v": {("t", "a")}}
