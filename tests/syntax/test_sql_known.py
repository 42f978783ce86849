"""Which known table a name means, with qualifiers left out, quotes and cases; and what hangs on it."""

import pytest

from governance import check_sql
from governance.policy import Policy, SqlPolicy
from governance.syntax.sql import dialect_named
from governance.syntax.sql.known import KnownTables

SCHEMA = {
    "shop.public.orders": {"ID": "int", "total": "int"},
    "archive.orders": {"id": "int", "year": "int"},
    '"Shop"."People"': {"name": "text"},
    "raw.payments": {},
    "raw.twice": {"a": "int"},
    "other.twice": {},
}
MEANT = [  # id, dialect, name as folded, its columns
    ("in full", "postgres", ("shop", "public", "orders"), {"id", "total"}),
    ("without the database", "postgres", ("public", "orders"), {"id", "total"}),
    ("one of two", "postgres", ("orders",), {"id", "total", "year"}),
    ("with a qualifier too many", "postgres", ("x", "archive", "orders"), None),
    ("quoted", "postgres", ("Shop", "People"), {"name"}),
    ("another case", "postgres", ("shop", "people"), None),
    ("a case that does not matter", "duckdb", ("shop", "people"), {"name"}),
    ("columns unknown", "postgres", ("raw", "payments"), None),
    ("columns unknown of one of two", "postgres", ("twice",), None),
    ("never heard of", "postgres", ("zoo",), None),
    ("no name at all", "postgres", (), None),
]


@pytest.mark.parametrize(("dialect", "name", "columns"), [m[1:] for m in MEANT], ids=[m[0] for m in MEANT])
def test_columns(dialect: str, name: tuple[str, ...], columns: set[str] | None) -> None:
    assert KnownTables(SCHEMA, dialect_named(dialect)).columns(name) == columns


def test_one_table_told_twice_has_the_columns_of_both() -> None:
    known = KnownTables({"Orders": {}, "ORDERS": {"id": "int"}}, dialect_named("postgres"))
    assert known.columns(("orders",)) == {"id"}


JUDGED = [  # id, dialect, sql, verdict
    ("no column of it", "postgres", "select o.evil from public.orders o", "block"),
    ("a column of one of two", "postgres", "select o.year from orders o", "pass"),
    ("a table of unknown columns", "postgres", "select p.evil from raw.payments p", "pass"),
    ("a row as a whole", "postgres", "select count(o), o from archive.orders o", "pass"),
    ("a column that every table has", "postgres", "select o.xmax, o.ctid from archive.orders o", "pass"),
    ("what Oracle has is a function here", "postgres", "select o.level from archive.orders o", "block"),
]


@pytest.mark.parametrize(("dialect", "sql", "verdict"), [j[1:] for j in JUDGED], ids=[j[0] for j in JUDGED])
def test_judged(dialect: str, sql: str, verdict: str) -> None:
    assert str(check_sql(sql, dialect, schema=SCHEMA).verdict) == verdict


MANY = tuple(f"model m{number}" for number in range(12))
READERS = {"shop.orders": MANY, '"Shop"."people"': ("the HR board",), "lonely": ()}
HIT = [  # id, dialect, sql, what the message names
    ("a few and a number", "postgres", "drop table shop.orders", "model m0, model m1, model m2 and 9 more"),
    ("without its schema", "postgres", "truncate orders", "model m0, model m1, model m2 and 9 more"),
    ("a schema", "postgres", "drop schema shop cascade", "model m0, model m1, model m2 and 9 more"),
    ("a write in a query", "postgres", "with d as (delete from orders returning *) select * from d", "model m0, model m1, model m2 and 9 more"),
    ("several", "duckdb", "drop table lonely; drop table people", "the HR board"),
    ("a column", "duckdb", "alter table people drop column name", "the HR board"),
    ("a filter that is none", "duckdb", "update people set name = '' where 1 = 1", "the HR board"),
    ("a target with columns", "snowflake", "create or replace table \"Shop\".\"people\" (name text)", "the HR board"),
    ("what is only read", "snowflake", "create or replace table x as select * from shop.orders", ""),
    ("another case", "postgres", "drop table people", "the HR board"),
    ("another schema", "postgres", "drop table zoo.orders", ""),
    ("nothing is built from it", "postgres", "drop table lonely", ""),
]  # fmt: skip


def test_a_schema_that_is_dropped_names_what_it_holds() -> None:
    tables = {"shop.orders": {"id": "int"}, "shop.people": {}, "shop.a": {}, "shop.b": {}, "zoo.c": {}}
    policy = Policy(sql=SqlPolicy(schema=tables, readers=READERS))
    (finding,) = check_sql("drop schema shop", "postgres", "migrate", policy=policy).findings
    assert (
        "; it holds: shop.orders, shop.people, shop.a and 1 more; built from it: model m0" in finding.message
    )
    (finding,) = check_sql("drop table zoo.c", "postgres", "migrate", policy=policy).findings
    assert "; it holds" not in finding.message


@pytest.mark.parametrize(("dialect", "sql", "named"), [h[1:] for h in HIT], ids=[h[0] for h in HIT])
def test_what_is_destroyed_names_what_is_built_from_it(dialect: str, sql: str, named: str) -> None:
    policy = Policy(sql=SqlPolicy(readers=READERS))
    found = check_sql(sql, dialect, "migrate", policy=policy).findings
    said = [f.message.partition("; built from it: ")[2] for f in found if f.code.startswith("SQL4")]
    assert said[-1] == named
