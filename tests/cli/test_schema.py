"""`governance schema` reads what real databases say of their tables, and `--schema` takes what it prints."""

import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pytest
import yaml
from sqlalchemy import create_engine

from governance.adapters import warehouse
from tests.cli.conftest import BLOCK, PASS, refused
from tests.mariadb import database_of_its_own
from tests.postgres import schema_of_its_own

pytestmark = pytest.mark.xdist_group("warehouses")  # which tests change while others look at all they hold

VARIABLE = "TEST_SHOP"
TABLES = (
    "create table orders (id int, total numeric(10, 2), primary key (id, total))",
    'create table "Lines" (id int primary key, no varchar(20))',
    "create view recent as select id from orders",
)
Told = dict[str, dict[str, str]]


@contextmanager
def made(url: str, tables: tuple[str, ...] = TABLES) -> Iterator[str]:
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in tables:
            connection.exec_driver_sql(table)
    engine.dispose()
    yield url


@contextmanager
def in_sqlite(folder: Path) -> Iterator[tuple[str, str]]:
    with closing(sqlite3.connect(folder / "a shop.db")) as connection:
        connection.executescript(";".join(TABLES))
    yield f"sqlite:///{folder}/a shop.db", "main"


@contextmanager
def in_duckdb(folder: Path) -> Iterator[tuple[str, str]]:
    with duckdb.connect(str(folder / "a shop.db")) as connection:
        connection.execute(";".join(TABLES))
    yield f"duckdb:///{folder}/a shop.db", "main"


@contextmanager
def in_postgres(_: Path) -> Iterator[tuple[str, str]]:
    with schema_of_its_own() as url, made(url):
        yield url, url.rpartition("%3D")[2]


@contextmanager
def in_mariadb(_: Path) -> Iterator[tuple[str, str]]:
    with database_of_its_own() as (url, name), made(url, tuple(t.replace('"', "`") for t in TABLES)):
        yield url, name


ENGINES = {"sqlite": in_sqlite, "duckdb": in_duckdb, "postgres": in_postgres, "mysql": in_mariadb}


@pytest.fixture(params=ENGINES)
def shop(request, tmp_path, monkeypatch) -> Iterator[tuple[str, str]]:
    """A dialect, and the name of the schema with the tables; its URL is in the environment."""
    with ENGINES[request.param](tmp_path) as (url, schema):
        monkeypatch.setenv(VARIABLE, url)
        yield request.param, schema


def test_what_is_printed_is_a_schema_to_judge_by(governance, own_home, shop):
    dialect, schema = shop
    ran = governance("schema", "--connection", VARIABLE)
    assert ran.status == PASS, ran.err
    told: Told = yaml.safe_load(ran.out)
    quoted = '"Lines"' if dialect == "postgres" else "Lines"
    ours = {
        name.removeprefix(f"{schema}."): columns for name, columns in told.items() if name.startswith(schema)
    }
    assert {name: list(columns) for name, columns in ours.items()} == {
        quoted: ["id", "no"], "orders": ["id", "total"], "recent": ["id"],
    }  # fmt: skip
    assert ours["orders"]["total"].lower().endswith("(10,2)") or ours["orders"]["total"].lower().endswith(
        "(10, 2)"
    )
    assert f"{schema}.orders:  # primary key: id, total\n" in ran.out
    (own_home / "schema.yml").write_text(ran.out)
    asked = ["check", "--schema", "schema.yml", "--dialect", dialect, "--sql"]
    assert governance(*asked, f"select o.total from {schema}.orders o").status == PASS
    assert governance(*asked, f"select o.evil from {schema}.orders o").status == BLOCK
    assert governance(*asked, f"select r.total from {schema}.recent r").status == BLOCK


BROKEN = ("create table gone (id int)", "create view broken as select id from gone", "drop table gone")


@pytest.mark.parametrize("engine", ["sqlite", "mysql"])
def test_a_view_that_is_broken_is_known_without_columns(governance, tmp_path, monkeypatch, engine):
    with ENGINES[engine](tmp_path) as (url, schema), made(url, BROKEN):
        monkeypatch.setenv(VARIABLE, url)
        ran = governance("schema", "--connection", VARIABLE)
        assert ran.status == PASS, ran.err
        told = yaml.safe_load(ran.out)
        assert told[f"{schema}.broken"] == {}
        assert list(told[f"{schema}.recent"]) == ["id"]


def test_a_view_of_mariadb_that_would_write_is_known_without_columns(governance, tmp_path, monkeypatch):
    marking = "create function marked() returns int begin insert into orders values (9, 9); return 1; end"
    with (
        in_mariadb(tmp_path) as (url, schema),
        made(url, (marking, "create view marks as select marked() as a")),
    ):
        monkeypatch.setenv(VARIABLE, url)
        told = yaml.safe_load(governance("schema", "--connection", VARIABLE).out)
        assert told[f"{schema}.marks"] == {}
        assert list(told[f"{schema}.orders"]) == ["id", "total"]


def test_the_policy_may_name_the_variable(governance, own_home, shop):
    (own_home / "governance.yml").write_text(f"sql: {{connection: {VARIABLE}}}")
    assert governance("schema").out == governance("schema", "--connection", VARIABLE).out


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_a_file_that_is_not_there_is_not_made(governance, tmp_path, monkeypatch, engine):
    monkeypatch.setenv(VARIABLE, f"{engine}:///{tmp_path}/none.db")
    refused(governance("schema", "--connection", VARIABLE), f"the database of {VARIABLE} cannot be read")
    assert not (tmp_path / "none.db").exists()


def test_the_catalogue_is_only_read(shop):
    """On what `schema` uses, a write is refused by the engine itself."""
    dialect, schema = shop
    if dialect == "duckdb":
        return  # opened with read_only, which the test above tells
    with (
        pytest.raises(Exception, match=r"(?i)read.?only"),
        warehouse.connected(os.environ[VARIABLE]) as connection,
    ):
        connection.exec_driver_sql(f"insert into {schema}.orders values (1, 2)")


REFUSED = [  # id, variable, url, what is said
    ("a URL on the command line", "postgresql://u:hush@h/d", "", "the name of an environment variable is expected"),
    ("no such variable", "NOT_SET", "", "the database of NOT_SET is unknown: the variable is not set"),
    ("an engine that is not read", VARIABLE, "oracle://u:hush@h/d", "is of a kind that is not read"),
    ("nobody listens", VARIABLE, "postgresql://u:hush@127.0.0.1:1/d", "cannot be read: Connection refused"),
    ("nobody listens there either", VARIABLE, "mysql://u:hush@127.0.0.1:1/d", "Connection refused"),
    ("half a password in the host", VARIABLE, "mysql://u:x@hush@127.0.0.1/d", "cannot be read"),
    ("and for PostgreSQL", VARIABLE, "postgresql://u:x@hush@127.0.0.1/d", "cannot be read"),
    ("a port that is none", VARIABLE, "postgresql://u:hush@h:hush/d", "has a URL that cannot be read"),
]  # fmt: skip


@pytest.mark.parametrize(("variable", "url", "said"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_no_credential_is_told(governance, monkeypatch, variable, url, said):
    monkeypatch.setenv(VARIABLE, url)
    ran = governance("schema", "--connection", variable)
    refused(ran, said)
    assert "hush" not in ran.err


def test_no_database_and_an_empty_one(governance, tmp_path, monkeypatch):
    refused(governance("schema"), "no database is named")
    sqlite3.connect(tmp_path / "empty.db").execute("vacuum").close()
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path}/empty.db")
    refused(governance("schema", "--connection", VARIABLE), "has no table to see")


@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
def test_a_server_that_says_nothing_is_given_up(governance, monkeypatch, engine):
    monkeypatch.setattr(warehouse, "CONNECT_SECONDS", 2)
    monkeypatch.setattr(warehouse, "READ_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        monkeypatch.setenv(VARIABLE, f"{engine}://u@127.0.0.1:{mute.getsockname()[1]}/d")
        started = time.monotonic()
        refused(governance("schema", "--connection", VARIABLE), "cannot be read")
        assert time.monotonic() - started < 6
