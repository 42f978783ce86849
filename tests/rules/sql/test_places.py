"""Each rule points at the place itself, not at the statement around it."""

import pytest

from governance.statements import examine_sql
from governance.syntax.sql import Profile, SqlContext

CASES = [  # id, dialect, profile, sql, (code, line, column) of every finding in order
    ("clean", "duckdb", "read", "select 1", []),
    ("second statement", "postgres", "read", "select 1;\n drop table t", [("SQL001", 2, 2), ("SQL403", 2, 2)]),
    ("no semicolon", "tsql", "read", "select id\nfrom t shutdown", [("SQL001", 2, 8)]),
    ("alias in words", "tsql", "read", "select id as shutdown from t", []),
    ("broken", "duckdb", "read", "select 1 +\n+ from", [("SQL003", 2, 3)]),
    ("executable comment", "mysql", "read", "select 1 /*! + 1 */", [("SQL005", 1, 10)]),
    ("delete in a cte", "postgres", "read", "with g as (delete from t returning a) select a from g",
     [("SQL010", 1, 24), ("SQL401", 1, 24)]),
    ("into", "postgres", "read", "select a into leaked from t", [("SQL011", 1, 15)]),
    ("procedure", "duckdb", "read", "call f()", [("SQL012", 1, 1)]),
    ("row lock", "postgres", "read", "select a from t for update", [("SQL018", 1, 1)]),
    ("setting", "clickhouse", "read", "select 1 settings readonly = 0", [("SQL019", 1, 19)]),
    ("assignment", "mysql", "read", "select 1, @a := 2", [("SQL020", 1, 11)]),
    ("template", "duckdb", "read", "select 1\n{{ x }}", [("SQL021", 2, 1)]),
    ("side effect deep inside", "postgres", "read", "select a\nfrom t where\n  coalesce(pg_sleep(9), 1) = 1",
     [("SQL101", 3, 12)]),
    ("unknown function", "duckdb", "read", "select a, evil(b) from t", [("SQL102", 1, 11)]),
    ("external reader", "duckdb", "read", "select * from read_csv('x')", [("SQL103", 1, 15)]),
    ("sql in a string", "duckdb", "read", "select * from query('x')", [("SQL104", 1, 15)]),
    ("user operator", "postgres", "read", "select a operator(public.@@@) b from t", [("SQL105", 1, 8)]),
    ("composite attribute", "postgres", "read", "select (o).purge from t o", [("SQL106", 1, 9)]),
    ("system information", "postgres", "read", "select 1, version()", [("SQL107", 1, 11)]),
    ("volatile in a query", "duckdb", "read", "select random()", []),
    ("volatile in a model", "duckdb", "model", "select 1, random()", [("SQL108", 1, 11)]),
    ("linked server", "oracle", "read", "select * from t@far", [("SQL202", 1, 15)]),
    ("file as a table", "duckdb", "read", "select *\nfrom 'x.csv'", [("SQL203", 2, 6)]),
    ("table in an expression", "sqlite", "read", "select 1 in secret", [("SQL204", 1, 13)]),
    ("catalog", "postgres", "read", "select * from pg_shadow", [("SQL205", 1, 15)]),
    ("no filter", "duckdb", "write", "delete from t", [("SQL401", 1, 1)]),
    ("empty filter", "duckdb", "write", "delete from t where 1 = 1", [("SQL402", 1, 21)]),
    ("drop", "duckdb", "migrate", "drop table t", [("SQL403", 1, 1)]),
    ("drop a view", "duckdb", "migrate", "drop view v", [("SQL403", 1, 1)]),
    ("endless", "duckdb", "read", "with recursive r as (select 1 as n union all select n from r) select n from r",
     [("SQL501", 1, 16)]),
    ("series", "duckdb", "read", "select * from range(99999999999)", [("SQL502", 1, 15)]),
    ("product", "duckdb", "read", "select a.x from t a, u b", [("SQL503", 1, 22)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "profile", "sql", "wanted"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_places(dialect: str, profile: str, sql: str, wanted: list[tuple[str, int, int]]) -> None:
    found = examine_sql(sql, SqlContext(dialect, Profile(profile)))
    assert [
        (f.code, f.location.start.line, f.location.start.column) for f in found if f.location.start
    ] == wanted


def test_columns_count_characters_of_the_line() -> None:
    (finding,) = examine_sql("select 'äöü',\n  'ß', evil(1)", SqlContext("duckdb"))
    assert (finding.location.start.line, finding.location.start.column) == (2, 8)  # type: ignore[union-attr]
    assert finding.quote == "evil"
    assert finding.allow == "sql.functions: [evil]"
