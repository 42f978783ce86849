"""Which tables a statement really names, in the tricks that scopes and quotes allow."""

import pytest

from governance.syntax.sql import SqlContext, dialect_named, read
from governance.syntax.sql.names import allowed, split_name, table_names

CASES = [  # id, dialect, sql, tables in order of their place
    ("plain", "postgres", "select * from Orders", ["orders"]),
    ("quoted keeps its case", "postgres", 'select * from "Orders"', ["Orders"]),
    ("snowflake folds up", "snowflake", 'select * from orders, "orders"', ["ORDERS", "orders"]),
    ("bigquery keeps case", "bigquery", "select * from Orders", ["Orders"]),
    ("qualified", "postgres", "select * from b.a", ["b.a"]),
    ("backticks around all", "bigquery", "select * from `p.d.t`", ["p.d.t"]),
    ("linked server", "tsql", "select * from srv.db.dbo.t", ["srv.db.dbo.t"]),
    ("cte", "postgres", "with x as (select * from a) select * from x", ["a"]),
    ("cte named like its table", "postgres", "with a as (select * from a) select * from a", ["a"]),
    (
        "sibling before it is defined",
        "postgres",
        "with x as (select * from y), y as (select 1) select * from x",
        ["y"],
    ),
    ("sibling after", "postgres", "with y as (select 1), x as (select * from y) select * from x", []),
    ("recursive", "postgres", "with recursive r as (select 1 union all select * from r) select * from r", []),
    ("recursive by form", "tsql", "with r as (select 1 a union all select a from r) select * from r", []),
    ("not recursive", "postgres", "with r as (select 1 union all select * from r) select * from r", ["r"]),
    (
        "inner cte stays inside",
        "postgres",
        "select * from (with x as (select 1) select * from x) q, x",
        ["x"],
    ),
    ("outer cte reaches in", "postgres", "with x as (select 1) select * from (select * from x) q", []),
    ("quoted is another name", "postgres", 'with "X" as (select 1) select * from x', ["x"]),
    ("schema is never a cte", "postgres", "with x as (select 1) select * from s.x", ["s.x"]),
    ("in a sub-query of a list", "postgres", "select (select max(a) from t)", ["t"]),
    ("shorthand", "postgres", "select 1 union table t", ["t"]),
    ("function is no table", "postgres", "select * from generate_series(1, 2)", []),
    ("unnest is no table", "bigquery", "select * from t, t.items", ["t"]),
]


@pytest.mark.parametrize(("dialect", "sql", "wanted"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_tables(dialect: str, sql: str, wanted: list[str]) -> None:
    script = read(sql, SqlContext(dialect))
    assert not script.problems
    tables = sorted(table_names(script.statements[0]), key=lambda t: script.statements[0].span(t.node))
    assert [".".join(table.parts) for table in tables] == wanted


LISTED = [  # id, dialect, listed, written, allowed
    ("same", "postgres", "orders", "ORDERS", True),
    ("quoted differs", "postgres", "orders", '"Orders"', False),
    ("quoted in the list", "postgres", '"Orders"', '"Orders"', True),
    ("schema must be listed", "postgres", "orders", "public.orders", False),
    ("schema listed", "postgres", "public.orders", "Public.Orders", True),
    ("dot inside quotes", "postgres", '"a.b"', '"a.b"', True),
    ("case matters", "mysql", "orders", "Orders", False),
    ("case does not matter", "duckdb", "orders", '"ORDERS"', True),
    ("brackets", "tsql", "dbo.orders", "[dbo].[Orders]", True),
]


@pytest.mark.parametrize(
    ("dialect", "listed", "written", "wanted"), [c[1:] for c in LISTED], ids=[c[0] for c in LISTED]
)
def test_allowed(dialect: str, listed: str, written: str, wanted: bool) -> None:
    known = dialect_named(dialect)
    statement = read(f"select * from {written}", SqlContext(dialect)).statements[0]
    assert allowed(table_names(statement)[0], (listed,), known) is wanted


def test_a_listed_name_is_split_at_its_dots() -> None:
    assert split_name('Db."My Schema".t', dialect_named("snowflake")) == ("DB", "My Schema", "T")
