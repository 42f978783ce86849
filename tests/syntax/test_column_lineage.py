"""Output columns, their sources, and the difference between a rewrite and another meaning."""

import pytest

from governance.errors import InvalidInput
from governance.syntax.column_lineage import output_columns, used_columns

SCHEMA = {
    "w.m.raw": {"id": "INTEGER", "a": "INTEGER", "b": "VARCHAR"},
    "w.m.other": {"id": "INTEGER", "x": "DOUBLE"},
}
QUERY = "select r.id, r.a + 1 as n, o.x from w.m.raw as r join w.m.other as o on r.id = o.id where r.a > 1 and o.x > 2"

SAME = [
    ("cte", "with t as (select * from w.m.raw where a > 1) select t.id, t.a + 1 as n, o.x from t join w.m.other o on t.id = o.id where o.x > 2"),
    ("aliases", QUERY.replace("r.", "q.").replace("as r", "as q")),
    ("conditions in another order", QUERY.replace("r.a > 1 and o.x > 2", "o.x > 2 and r.a > 1")),
    ("inner spelled out", QUERY.replace(" join ", " inner join ")),
    ("comments and case", "-- says nothing\n" + QUERY.replace("select", "SELECT").replace("where", "WHERE")),
    ("ordered", QUERY + " order by 1"),
    ("comparison turned around", QUERY.replace("r.a > 1", "1 < r.a")),
    ("subquery", f"select * from ({QUERY}) as s"),
]  # fmt: skip


def same(left: str, right: str) -> tuple[list[str], bool]:
    """Which columns differ in expression, and whether the rows are the same."""
    old, new = output_columns(left, "duckdb", SCHEMA), output_columns(right, "duckdb", SCHEMA)
    assert list(old.columns) == list(new.columns)
    differing = [n for n, c in old.columns.items() if c.expression != new.columns[n].expression]
    return differing, old.rows == new.rows


@pytest.mark.parametrize("query", [query for _, query in SAME], ids=[name for name, _ in SAME])
def test_harmless_rewrite(query: str) -> None:
    assert same(QUERY, query) == ([], True)


OTHER = [
    ("expression", QUERY.replace("+ 1", "+ 2"), ["n"], True),
    ("other source", QUERY.replace("o.x from", "r.a as x from"), ["x"], True),
    ("left join", QUERY.replace(" join ", " left join "), [], False),
    ("filter", QUERY.replace("r.a > 1", "r.a >= 1"), [], False),
    ("filter gone", QUERY.replace(" and o.x > 2", ""), [], False),
    ("limit", QUERY + " limit 5", [], False),
    ("distinct", QUERY.replace("select", "select distinct"), [], False),
]


@pytest.mark.parametrize(("query", "columns", "rows"), [c[1:] for c in OTHER], ids=[c[0] for c in OTHER])
def test_other_meaning(query: str, columns: list[str], rows: bool) -> None:
    assert same(QUERY, query) == (columns, rows)


def test_sources_go_through_ctes_and_unions() -> None:
    query = "with t as (select id, a * 2 as d from w.m.raw) select d as z from t union all select x from w.m.other"
    columns = output_columns(query, "duckdb", SCHEMA).columns
    assert columns["z"].sources == {("w.m.raw", "a"), ("w.m.other", "x")}


def test_types_follow_the_schema() -> None:
    columns = output_columns(
        "select id, a / 2.0 as half, cast(a as text) as t from w.m.raw", "duckdb", SCHEMA
    ).columns
    assert (columns["id"].kind, columns["t"].kind) == ("INT", "TEXT")


def test_use_in_filter_join_and_subquery_counts() -> None:
    query = "select 1 as one from w.m.raw r where r.b = 'x' and exists (select 1 from w.m.other o where o.id = r.a)"
    assert used_columns(query, "duckdb", SCHEMA) >= {("w.m.raw", "b"), ("w.m.raw", "a"), ("w.m.other", "id")}


@pytest.mark.parametrize(
    "query",
    [
        "select * from w.m.unheard_of",
        "delete from w.m.raw",
        "select from where",
        "",
        "((((",
        "select " + "(" * 3000,
    ],
    ids=["star of an unknown table", "no query", "no sql", "empty", "unclosed", "too deep"],
)
def test_what_cannot_be_told_is_refused(query: str) -> None:
    with pytest.raises(InvalidInput):
        output_columns(query, "duckdb", SCHEMA)
