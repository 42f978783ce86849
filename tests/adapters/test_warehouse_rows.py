"""Rows of real databases: read with their types, partners included, and nothing that is not named exactly."""

import contextlib
import datetime
import decimal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import create_engine

from governance.adapters.dbt.parquet import write
from governance.adapters.warehouse_rows import Relation, warehouse
from governance.errors import GovernanceError, InvalidInput, ServerUnavailable
from tests.mariadb import database_of_its_own
from tests.postgres import schema_of_its_own

pytestmark = pytest.mark.xdist_group("warehouses")  # others look at all that a server holds

TABLES = (
    "create table customers (id integer primary key, name varchar(40), since date, big bigint)",
    "create table orders (id integer primary key, customer integer, amount decimal(10, 2), placed timestamp)",
)
CUSTOMERS = [
    (n, None if n % 7 == 0 else f"it's \\ number {n}", datetime.date(2024, 1, 1), 2**40) for n in range(50)
]
ORDERS = [
    (n, None if n % 50 == 0 else n % 50, decimal.Decimal(n) / 4, datetime.datetime(2024, 1, 1, 12, 30, 5))
    for n in range(300)
]


@contextmanager
def sqlite(folder: Path) -> Iterator[tuple[str, str]]:
    yield f"sqlite:///{folder}/w.sqlite", "main"


@contextmanager
def duck(folder: Path) -> Iterator[tuple[str, str]]:
    yield f"duckdb:///{folder}/w.duckdb", "main"


@contextmanager
def postgres(_: Path) -> Iterator[tuple[str, str]]:
    with schema_of_its_own() as url:
        yield url, url.rpartition("%3D")[2] if "%3D" in url else url.rpartition("search_path=")[2]


@contextmanager
def mariadb(_: Path) -> Iterator[tuple[str, str]]:
    with database_of_its_own() as found:
        yield found


def fill(url: str) -> None:
    """The tables with their rows."""
    if url.startswith("duckdb"):
        with duckdb.connect(url.partition(":///")[2]) as connection:
            for statement in TABLES:
                connection.execute(statement)
            connection.executemany("insert into customers values (?, ?, ?, ?)", CUSTOMERS)
            connection.executemany("insert into orders values (?, ?, ?, ?)", ORDERS)
        return
    mark = "?" if "sqlite" in url else "%s"
    stored = [tuple(str(v) if isinstance(v, decimal.Decimal) else v for v in row) for row in ORDERS]
    with create_engine(url).begin() as connection:
        for statement in TABLES:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql(f"insert into customers values ({', '.join([mark] * 4)})", CUSTOMERS)
        connection.exec_driver_sql(f"insert into orders values ({', '.join([mark] * 4)})", stored)


@pytest.mark.parametrize("engine", [sqlite, duck, postgres, mariadb], ids=lambda engine: engine.__name__)
def test_rows_are_what_the_database_holds(engine, tmp_path, monkeypatch):
    with engine(tmp_path) as (url, schema):
        fill(url)
        monkeypatch.setenv("SHOP", url)
        with warehouse("SHOP") as opened:
            customers = opened.rows(Relation("", schema, "customers"), 20, {})
            few = {"customer": customers.values("id")}
            orders = opened.rows(Relation("", schema, "orders"), 1000, few)
            with pytest.raises(InvalidInput, match=r"has no table .*no_such"):
                opened.rows(Relation("", schema, "no_such"), 10, {})
            with pytest.raises(InvalidInput, match="has no table"):
                opened.rows(Relation("", "no such schema", "orders"), 10, {})
            for hostile in (
                'orders"; drop table orders; --',
                "orders' or '1'='1",
                "orders, customers",
                "orders`",
            ):
                with pytest.raises(InvalidInput, match="has no table"):
                    opened.rows(Relation("", schema, hostile), 10, {})
    assert (len(customers.rows), customers.cut) == (20, True)
    known = set(orders.values("customer"))
    assert 0 < len(known) <= 20
    assert {str(value) for value in known} <= {str(value) for value in customers.values("id")}
    assert any(row[1] is None for row in orders.rows), "what refers to nothing is read as well"
    write(tmp_path / "o.parquet", orders.columns, orders.texts())
    write(tmp_path / "c.parquet", customers.columns, customers.texts())
    told = (
        duckdb.connect()
        .execute(f"select id, amount, placed::timestamp from '{tmp_path}/o.parquet'")
        .fetchall()
    )
    stored = {row[0]: row for row in ORDERS}
    for number, amount, placed in told:
        assert (float(amount), placed) == (float(stored[number][2]), stored[number][3])
    (name, big), *_ = (
        duckdb.connect().execute(f"select name, big from '{tmp_path}/c.parquet' where id = 1").fetchall()
    )
    assert (name, big) == ("it's \\ number 1", 2**40)


def test_types_of_postgres_come_over(tmp_path, monkeypatch):
    with schema_of_its_own() as url:
        schema = url.rpartition("%3D")[2]
        own = uuid.uuid4()
        with create_engine(url).begin() as connection:
            connection.exec_driver_sql(
                'create table "Odd ""name" ("Order ID" uuid, j jsonb, b bytea, f boolean, n numeric, z timestamptz, '
                "t text[], d double precision, i interval)"
            )
            connection.exec_driver_sql(
                'insert into "Odd ""name" values (%s, %s, %s, true, 1.5, now(), %s, %s, %s)',
                (own, '{"a": 1}', b"\x00\xff'", ["x", "y"], float("nan"), datetime.timedelta(days=2)),
            )
        monkeypatch.setenv("SHOP", url)
        with warehouse("SHOP") as opened:
            rows = opened.rows(Relation("", schema, 'Odd "name'), 10, {})
        write(tmp_path / "t.parquet", rows.columns, rows.texts())
        ((key, j, b, flag),) = (
            duckdb.connect()
            .execute(f"""select "Order ID", j->>'a', b, f from '{tmp_path}/t.parquet'""")
            .fetchall()
        )
        assert (key, j, b, flag) == (own, "1", b"\x00\xff'", True)


def test_no_answer_is_an_error(tmp_path, monkeypatch):
    relation = Relation("", "main", "t")
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"no database at all" * 100)
    for url in ("", f"sqlite:///{tmp_path}/none.sqlite", f"sqlite:///{broken}", "postgresql://nobody:pw@127.0.0.1:1/x",
                f"duckdb:///{tmp_path}/none.duckdb", f"duckdb:///{broken}", "snowflake://account/db"):  # fmt: skip
        monkeypatch.setenv("SHOP", url)
        with pytest.raises(GovernanceError) as raised, warehouse("SHOP") as opened:
            opened.rows(relation, 10, {})
        assert "SHOP" in raised.value.message
        assert "pw" not in raised.value.message
    assert not (tmp_path / "none.sqlite").exists()


def slow(url: str, schema: str) -> Relation:
    """A view that takes longer than anybody waits."""
    digits = " union all ".join(f"select {n} as n" for n in range(10))
    tables = ", ".join(f"({digits}) as t{n}" for n in range(12))
    endless = f"select max(t0.n + t8.n) as n from {tables}"
    if url.startswith("duckdb"):
        with duckdb.connect(url.partition(":///")[2]) as connection:
            connection.execute(f"create view endless as {endless}")
    else:
        with create_engine(url).begin() as connection:
            connection.exec_driver_sql(f"create view endless as {endless}")
    return Relation("", schema, "endless")


@pytest.mark.parametrize("engine", [sqlite, duck, postgres, mariadb], ids=lambda engine: engine.__name__)
def test_a_read_that_takes_too_long_is_ended(engine, tmp_path, monkeypatch):
    with engine(tmp_path) as (url, schema):
        relation = slow(url, schema)
        monkeypatch.setenv("SHOP", url)
        with contextlib.ExitStack() as stack:
            stack.enter_context(pytest.raises((ServerUnavailable, InvalidInput)))
            opened = stack.enter_context(warehouse("SHOP", 0.5))
            opened.rows(relation, 10, {})


@pytest.mark.parametrize("engine", [sqlite, duck, postgres, mariadb], ids=lambda engine: engine.__name__)
def test_nothing_can_be_written(engine, tmp_path, monkeypatch):
    with engine(tmp_path) as (url, schema):
        fill(url)
        monkeypatch.setenv("SHOP", url)
        with warehouse("SHOP") as opened, pytest.raises(Exception, match=r"(?i)read.?only|cannot execute"):
            statement = f"create table {schema}.t (a int)"
            connection = opened.connection
            connection.execute(statement) if engine is duck else connection.exec_driver_sql(statement)
