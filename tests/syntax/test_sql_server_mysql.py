"""A real MariaDB is asked about statements: it resolves their names, and nothing of them ever runs."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError

from governance import check_sql
from governance.policy import Policy, SqlPolicy
from governance.syntax.sql import Profile, Server, SqlContext, read
from governance.syntax.sql.server import mysql, remarks
from tests.mariadb import database_of_its_own

VARIABLE = "TEST_WAREHOUSE"
POLICY = Policy(sql=SqlPolicy(connection=VARIABLE, functions=("trip", "quiet")))
MADE = (
    "create table orders (id int, total int)",
    "insert into orders values (1, 2)",
    "create table marks (n int) engine=MyISAM",  # keeps what is rolled back
    "create sequence counter",
    "create function trip() returns int begin insert into marks values (1); return 1; end",
    "create function trip_early() returns int deterministic begin insert into marks values (2); return 1; end",
    "create function quiet() returns int deterministic return 1",
    "create procedure trip_called() begin insert into marks values (3); end",
    "create view trips as select trip() as a, trip_early() as b",
)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[tuple[str, Engine]]:
    with database_of_its_own() as (url, _):
        engine = create_engine(url)
        with engine.begin() as connection:
            for sql in MADE:
                connection.exec_driver_sql(sql)
        yield url, engine
        engine.dispose()


@pytest.fixture
def engine(warehouse: tuple[str, Engine], monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv(VARIABLE, warehouse[0].replace("mysql+pymysql:", "mariadb:"))
    return warehouse[1]


JUDGED = [  # id, profile, sql, verdict and what the server says
    ("honest", "read", "select id, '100%', 'ä''\\\\' from orders", "pass", ""),
    ("a column that is not there", "read", "select nix from orders", "block", "Unknown column 'nix'"),
    ("a table that is not there", "read", "select 1 from zoo", "block", "zoo' doesn't exist"),
    ("what is written", "write", "update orders set nix = 1 where id = 1", "block", "Unknown column 'nix'"),
    ("a write that is fine", "write", "delete from orders where id = 1", "pass", ""),
    ("what a new table is made of", "migrate", "create table x as select nix from orders", "block", "Unknown column 'nix'"),
    ("a function that writes, vouched for", "read", "select trip()", "block", "READ ONLY"),
    ("a view that writes", "read", "select a from trips", "block", "READ ONLY"),
    ("a function that does not", "read", "select quiet()", "pass", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("profile", "sql", "verdict", "said"), [j[1:] for j in JUDGED], ids=[j[0] for j in JUDGED]
)
def test_what_the_server_says_is_a_finding(
    engine: Engine, profile: str, sql: str, verdict: str, said: str
) -> None:
    report = check_sql(sql, "mysql", profile, policy=POLICY)
    assert (str(report.verdict), {f.code for f in report.findings}) == (
        verdict,
        {"GOV026"} if said else set(),
    )
    assert said in "".join(finding.message for finding in report.findings)


HARMFUL = [
    "select trip()", "select trip_early()", "select * from trips", "select * from orders where trip_early() = 1",
    "select (select trip_early())", "select * from (select trip_early() as x) d", "with w as (select trip_early() as x) select * from w",
    "select if(trip_early(), 1, 2), concat(trip_early()), 'a' regexp trip_early() from orders group by trip_early() having trip_early()",
    "select sleep(30)", "select benchmark(1000000000, sha2('a', 512))", "select nextval(counter)", "select next value for counter",
    "select 1 into outfile 'FILE'", "select get_lock('governance_test', 1)", "select @a := trip()", "call trip_called()",
    "insert into orders select * from trips", "replace into orders select trip(), 1", "update orders set total = trip()",
    "delete from orders", "truncate orders", "drop table orders", "drop database mysql", "create table made as select trip()",
    "begin not atomic insert into marks values (4); end", "execute immediate 'insert into marks values (5)'", "do trip()",
    "explain select trip_early()", "explain extended select * from (select trip_early() as x) d", "analyze select trip()",
    "lock tables orders write", "set global max_connections = 10", "shutdown", "alter table orders drop column id", "commit",
    "select 1; delete from orders", "select * from json_table(trip_early(), '$[*]' columns (a int path '$')) t", "values (trip_early())",
]  # fmt: skip


STATE = """
select (select count(*) from marks), (select sum(total) from orders), (select next_not_cached_value from counter),
  is_free_lock('governance_test'), @@global.max_connections > 10
"""


@pytest.mark.parametrize("profile", [Profile.READ, Profile.MIGRATE])
def test_nothing_runs_of_what_the_server_is_asked_about(
    engine: Engine, profile: Profile, tmp_path: Path
) -> None:
    started = time.monotonic()
    tmp_path.chmod(0o777)
    for sql in HARMFUL:
        script = read(
            sql.replace("FILE", f"{tmp_path}/out"), SqlContext("mysql", profile, server=Server(VARIABLE))
        )
        list(remarks(script))
    assert time.monotonic() - started < 30
    assert list(tmp_path.iterdir()) == []
    with engine.connect() as connection:
        assert connection.exec_driver_sql(STATE).one() == (0, 2, 1, 1, 1)
        assert "made" not in connection.exec_driver_sql("show tables").scalars().all()


def test_the_wires_are_live(engine: Engine) -> None:
    """Executed, a function leaves its mark even in a transaction that is rolled back."""
    with engine.connect() as connection:
        connection.exec_driver_sql("select trip_early()")
        connection.rollback()
        assert connection.exec_driver_sql("select n from marks").scalars().all() == [2]
        connection.exec_driver_sql("delete from marks")
    with pytest.raises(SQLAlchemyError, match="1792"), engine.connect() as connection:
        connection.exec_driver_sql("start transaction read only")
        connection.exec_driver_sql("select trip()")


def unasked() -> str:
    report = check_sql("select id from orders", "mysql", policy=POLICY)
    (finding,) = report.findings
    assert (str(report.verdict), finding.code) == ("review", "GOV025")
    return finding.message


UNASKED = [  # id, url, what is said
    ("nobody listens", "mysql://u:hush@127.0.0.1:1/d", "Connection refused"),
    ("half a password in the host", "mysql://u:x@hush@127.0.0.1:1/d", "did not answer"),
    ("a port that is none", "mariadb://u:hush@127.0.0.1:hush/d", "has a URL that cannot be read"),
    ("a wrong password", "mysql://nobody:hush@127.0.0.1/d", "did not answer"),
]


@pytest.mark.parametrize(("url", "said"), [u[1:] for u in UNASKED], ids=[u[0] for u in UNASKED])
def test_a_server_that_cannot_be_asked_means_review(
    url: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, url)
    message = unasked()
    assert said in message
    assert "hush" not in message


def test_a_server_that_takes_no_greeting_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mysql, "CONNECT_SECONDS", 1)
    monkeypatch.setattr(mysql, "ANSWER_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        monkeypatch.setenv(VARIABLE, f"mysql://u@127.0.0.1:{mute.getsockname()[1]}/d")
        started = time.monotonic()
        assert "did not answer" in unasked()
        assert time.monotonic() - started < 4


def test_only_a_server_that_was_seen_to_run_nothing_is_asked(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pymysql.connections.Connection.get_server_info", lambda _: "8.4.3")
    assert "is no MariaDB" in unasked()
