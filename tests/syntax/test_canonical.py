"""Rewrites that look alike in canonical form, and changes that only look like rewrites."""

import pytest

from governance.syntax.column_lineage import Output, output_columns

SCHEMA = {
    "w.m.a": {"id": "INTEGER", "n": "INTEGER", "t": "VARCHAR"},
    "w.m.b": {"id": "INTEGER", "n": "INTEGER", "x": "VARCHAR"},
}
GROUPED = "select t, count(*) as c, sum(n) as s from w.m.a group by t"

SAME = [
    ("cte around a group", GROUPED, f"with g as ({GROUPED}) select * from g"),
    ("columns picked in another order", GROUPED, f"select s, t, c from ({GROUPED}) as g"),
    ("between", "select id from w.m.a where n between 1 and 5", "select id from w.m.a where n >= 1 and n <= 5"),
    ("count(1)", GROUPED, GROUPED.replace("count(*)", "count(1)")),
    ("right join", "select a.id, b.x from w.m.a a left join w.m.b b on a.id = b.id", "select a.id, b.x from w.m.b b right join w.m.a a on b.id = a.id"),
    ("inner join turned", "select a.id, b.x from w.m.a a join w.m.b b on a.id = b.id", "select a.id, b.x from w.m.b b join w.m.a a on a.id = b.id"),
    ("join condition as filter", "select a.id, b.x from w.m.a a join w.m.b b on a.id = b.id", "select a.id, b.x from w.m.a a, w.m.b b where b.id = a.id"),
    ("cte of another name", f"with g as ({GROUPED}) select a.id, g.c from w.m.a a join g on a.t = g.t", f"with h as ({GROUPED}) select y.id, z.c from w.m.a y join h z on y.t = z.t"),
    ("negated in a subquery", "select id from w.m.a where exists (select 1 from w.m.b where b.id = a.n)", "select id from w.m.a where exists (select 1 from w.m.b where not (a.n <> b.id))"),
    ("limit in a cte", "select id, n from w.m.a order by id limit 3", "with l as (select id, n from w.m.a order by id limit 3) select id, n from l"),
]  # fmt: skip
OTHER = [
    ("not in for not exists", "select id from w.m.a where not exists (select 1 from w.m.b where b.id = a.n)", "select id from w.m.a where n not in (select id from w.m.b)"),
    ("filter past a window", "select id, sum(n) over () as s from w.m.a where n > 1", "select id, s from (select id, n, sum(n) over () as s from w.m.a) q where n > 1"),
    ("filter past a limit", "select id from (select id, n from w.m.a order by id limit 3) q where n > 1", "select id from w.m.a where n > 1 order by id limit 3"),
    ("filter into an outer join", "select a.id, b.x from w.m.a a left join w.m.b b on a.id = b.id where b.n > 1", "select a.id, b.x from w.m.a a left join w.m.b b on a.id = b.id and b.n > 1"),
    ("outer join turned, kept side", "select a.id, b.x from w.m.a a left join w.m.b b on a.id = b.id", "select a.id, b.x from w.m.b b left join w.m.a a on a.id = b.id"),
    ("alias like the one we give", "select w_1.n, b.x from w.m.a w_1 join w.m.b b on w_1.id = b.id", "select b.n, b.x from w.m.a w_1 join w.m.b b on w_1.id = b.id"),
    ("one alias for two tables", "with p as (select t.n as n, count(*) as c from w.m.a t group by 1) select t.n, p.c from w.m.b t join p on p.n = t.id", "with p as (select t.n as n, count(*) as c from w.m.b t group by 1) select t.n, p.c from w.m.a t join p on p.n = t.id"),
    ("limited by the other column", "select id as n, n as id from (select id, n from w.m.a order by id limit 3) q", "select id as n, n as id from w.m.a order by id limit 3"),
    ("fewer columns told apart", "select distinct id, n from w.m.a", "select id from (select distinct id, n from w.m.a) q"),
    ("grouped by all of more", "select t, count(*) as c from w.m.a group by all", "select t, n, count(*) as c from w.m.a group by all"),
    ("nulls let in", "select id from w.m.a where n <> 1", "select id from w.m.a where n is distinct from 1"),
    ("null counted", "select count(*) as c from w.m.a", "select count(n) as c from w.m.a"),
    ("branch of a union", "select id, n from w.m.a union all select id, n from w.m.b", "select id, n from w.m.a union all select n, id from w.m.b"),
    ("columns of a cte by other names", "with v(p, q) as (values (1, 2), (3, 4)) select p, q, count(*) as c from v group by p, q", "with v(q, p) as (values (1, 2), (3, 4)) select p, q, count(*) as c from v group by p, q"),
    ("nearest row, turned", "select a.n, b.x from w.m.a a asof right join w.m.b b on a.id >= b.id", "select a.n, b.x from w.m.b b asof left join w.m.a a on a.id >= b.id"),
]  # fmt: skip


def told(sql: str) -> Output:
    return output_columns(sql, "duckdb", SCHEMA)


def alike(left: str, right: str) -> bool:
    """Whether the rows, and the columns that both have, are the same."""
    old, new = told(left), told(right)
    shared = old.columns.keys() & new.columns.keys()
    return old.rows == new.rows and all(
        old.columns[n].expression == new.columns[n].expression for n in shared
    )


@pytest.mark.parametrize(("left", "right"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
def test_same(left: str, right: str) -> None:
    assert alike(left, right)


@pytest.mark.parametrize(("left", "right"), [case[1:] for case in OTHER], ids=[case[0] for case in OTHER])
def test_other(left: str, right: str) -> None:
    assert not alike(left, right)


def test_a_name_that_returns_is_numbered_as_duckdb_does() -> None:
    assert list(told("select * from w.m.a join w.m.b using (id)").columns) == ["id", "n", "t", "n_1", "x"]
