"""A real PostgreSQL is asked about statements: it resolves their names, and nothing of them ever runs."""

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from governance import check_sql
from governance.policy import Policy, SqlPolicy
from governance.syntax.sql import Profile, Server, SqlContext, read
from governance.syntax.sql.server import remarks, session
from tests.postgres import schema_of_its_own

VARIABLE = "TEST_WAREHOUSE"
MADE = """
create table orders (id int, total numeric, day date);
insert into orders values (1, 2, '2026-01-01');
create table bought_again () inherits (orders);
create table decoy (evil int);
create sequence counter;
create function trip() returns int language plpgsql volatile as $$ begin raise exception 'tripped'; end $$;
create function trip_early(int default 1) returns int language plpgsql immutable as $$ begin raise exception 'tripped'; end $$;
create function quiet() returns int language plpgsql volatile as $$ begin return 1; end $$;
create function quiet_early() returns int language plpgsql immutable as $$ begin return 1; end $$;
create function trip_rows() returns setof orders language plpgsql as $$ begin raise exception 'tripped'; end $$;
create procedure trip_called() language plpgsql as $$ begin raise exception 'tripped'; end $$;
create function evil(orders) returns int language plpgsql as $$ begin raise exception 'tripped'; end $$;
create function any_evil(anyelement) returns int language plpgsql as $$ begin raise exception 'tripped'; end $$;
create function total(orders) returns int language plpgsql as $$ begin raise exception 'tripped'; end $$;
create domain tripwire as int check (trip_early(value) = 1);
create view trips as select trip() as a, trip_early() as b;
create function trip_policy() returns boolean language plpgsql as $$ begin raise exception 'tripped'; end $$;
create table guarded (id int default trip_early());
alter table guarded enable row level security;
create policy careful on guarded using (trip_policy());
"""


@dataclass(frozen=True)
class Warehouse:
    """A schema on a real server."""

    url: str
    engine: Engine

    def value(self, sql: str) -> Any:
        with self.engine.begin() as connection:
            return connection.execute(text(sql)).scalar()


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    with schema_of_its_own("track_functions=all") as url:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql(MADE)
        yield Warehouse(url, engine)
        engine.dispose()


@pytest.fixture
def asked(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setenv(VARIABLE, warehouse.url)
    return warehouse


POLICY = Policy(sql=SqlPolicy(connection=VARIABLE))


def judged(sql: str, profile: str = "read", dialect: str = "postgres", policy: Policy = POLICY) -> list[str]:
    """Verdict, codes and places."""
    report = check_sql(sql, dialect, profile, policy=policy)
    return [str(report.verdict), *(f"{f.code} {f.location.start}" for f in report.findings)]


def on_server(sql: str) -> list[str]:
    """What the server says of a text, whatever our own rules think of it."""
    script = read(sql, SqlContext("postgres", Profile.MIGRATE, server=Server(VARIABLE)))
    return [remark.reason for remark in remarks(script)]


JUDGED = [  # id, profile, sql, verdict with codes and places
    ("honest", "read", "select id, sum(total) from orders group by id", ["pass"]),
    ("a column that is not there", "read", "select 'ä',\n  nix from orders", ["block", "GOV026 2:3"]),
    ("a table that is not there", "read", "select 1 from zoo", ["block", "GOV026 1:15"]),
    ("arguments of another type", "read", "select lower(id) from orders", ["block", "GOV026 1:8"]),
    ("what is written", "write", "insert into orders (id, nix) values (1, 2)", ["block", "GOV026 1:25"]),
    ("what is compared", "write", "delete from orders where nix = 1", ["block", "GOV026 1:26"]),
    ("what a new table is made of", "migrate", "create table x as select nix from orders", ["block", "GOV026 1:26"]),
    ("a function in the dress of a column", "read", "select o.evil from orders o", ["block", "SQL106 1:8"]),
    ("of a table that inherits", "read", "select b.evil from bought_again b", ["block", "SQL106 1:8"]),
    ("of the table's own name", "read", "select id from orders where orders.evil = 1", ["block", "SQL106 1:29"]),
    ("of a subquery", "read", "select x.any_evil from (select 1 as a) x", ["block", "SQL106 1:8"]),
    ("a column that is called like a function", "read", "select o.total from orders o", ["pass"]),
    ("of another table", "read", "select d.evil from decoy d", ["pass"]),
    ("of a subquery that has it", "read", "select x.evil from (select evil from decoy) x", ["pass"]),
    ("what is blocked is not asked about", "read", "select nix from orders; drop table zoo", ["block", "SQL001 1:25", "SQL403 1:25"]),
]  # fmt: skip


@pytest.mark.parametrize(("profile", "sql", "expected"), [j[1:] for j in JUDGED], ids=[j[0] for j in JUDGED])
def test_what_the_server_says_is_a_finding(
    asked: Warehouse, profile: str, sql: str, expected: list[str]
) -> None:
    assert judged(sql, profile) == expected


def test_a_finding_has_the_words_of_the_server(asked: Warehouse) -> None:
    (refused,) = check_sql("select totl from orders", "postgres", policy=POLICY).findings
    assert refused.message.startswith('the server refuses it: column "totl" does not exist')
    (called,) = check_sql("select o.evil from orders o", "postgres", policy=POLICY).findings
    assert called.message == "o.evil is no column, so it would call the function evil(orders)"
    assert called.allow == "sql.functions: [evil]"


def test_the_policy_vouches_for_a_function_that_looks_like_a_column(asked: Warehouse) -> None:
    policy = Policy(sql=SqlPolicy(connection=VARIABLE, functions=("evil",)))
    assert judged("select o.evil from orders o", policy=policy) == ["pass"]


def test_what_the_policy_lets_through_is_asked_about_all_the_same(asked: Warehouse) -> None:
    sql = "sql: {connection: TEST_WAREHOUSE}\n"
    assert judged("select nope(1)", policy=Policy.parse(sql))[1:] == ["SQL102 1:8"]
    lowered = Policy.parse(sql + "rules: {SQL102: low}")
    assert judged("select nope(1)", policy=lowered) == ["block", "GOV026 1:8", "SQL102 1:8"]
    mark = check_sql("select nope(1)", "postgres", policy=POLICY).findings[0].fingerprint
    waiver = f"waivers: [{{fingerprint: '{mark}', author: a, reason: b, expires: 2999-01-31}}]"
    assert judged("select nope(1)", policy=Policy.parse(sql + waiver))[1:] == ["GOV026 1:8", "SQL102 1:8"]


def test_statements_of_another_dialect_are_not_its_business(asked: Warehouse) -> None:
    assert judged("select nix from orders", dialect="duckdb") == ["pass"]


def test_what_needs_what_an_earlier_statement_makes_is_not_asked_about(asked: Warehouse) -> None:
    assert on_server("create table fresh (id int); select id from fresh") == []
    assert len(on_server("select nix from orders; select nax from orders")) == 2


HARMFUL = [
    "select quiet()", "select quiet_early()", "select trip()", "select trip_early()", "select trip_early(1 + 1)", "select * from trip_rows()",
    "select * from trips", "select o.evil, total(o) from orders o", "select (o).evil from orders o",
    "select 1 from orders where trip_early() = 1", "select 5::tripwire", "select '5'::tripwire", "select * from guarded",
    "insert into guarded default values", "insert into guarded values (trip())", "update orders set total = trip()",
    "select nextval('counter')", "select setval('counter', 99)", "select pg_sleep(60)",
    "with d as (delete from orders returning *) select * from d",
    "with w as (insert into orders values (7) returning id), u as (update orders set total = 0 returning trip()) select * from w, u",
    "delete from orders", "truncate orders", "drop table orders cascade", "drop schema public cascade",
    "create table made as select trip()", "create view made as select trip()", "create index made on orders (trip_early(id))",
    "do $$ begin raise exception 'tripped'; end $$", "call trip_called()", "explain analyze delete from orders",
    "explain (analyze) select trip()", "declare c cursor with hold for select trip()", "prepare p as select trip()",
    "copy (select trip()) to program 'touch FILE'", "copy orders to 'FILE'", "select lo_export(1, 'FILE')",
    "select pg_advisory_lock(60760)", "select set_config('search_path', 'nowhere', false)", "set role nobody", "commit",
    "rollback", "lock table orders in access exclusive mode", "select * from orders for update", "notify trip",
    "select pg_terminate_backend(pid) from pg_stat_activity", "alter table orders drop column id", "vacuum full orders",
    "select query_to_xml('select trip()', true, true, '')", "create extension if not exists file_fdw", "checkpoint",
]  # fmt: skip
STATE = """
select format('%s orders, %s used, counter %s, %s relations, %s calls',
  (select count(*) filter (where total = 2) from only orders), (select is_called from counter), (select last_value from counter),
  (select count(*) from pg_class where relnamespace = current_schema()::regnamespace),
  (select coalesce(sum(calls), 0) from pg_stat_user_functions where schemaname = current_schema() and funcname like 'quiet%'))
"""


def test_nothing_runs_of_what_the_server_is_asked_about(asked: Warehouse, tmp_path: Path) -> None:
    before, started = asked.value(STATE), time.monotonic()
    said = [reason for sql in HARMFUL for reason in on_server(sql.replace("FILE", str(tmp_path / "out")))]
    assert not [reason for reason in said if "tripped" in reason]
    assert time.monotonic() - started < 30
    assert asked.value(STATE) == before
    assert list(tmp_path.iterdir()) == []
    assert asked.value("select count(*) from pg_locks where locktype = 'advisory' and objid = 60760") == 0
    others = "select count(*) from pg_stat_activity where application_name = 'airflow-governance' and state is not null"
    for _ in range(50):
        if asked.value(others) == 0:  # a server needs a moment to see that a connection was closed
            return
        time.sleep(0.1)
    pytest.fail("a connection was left open")


def test_calls_are_counted_when_they_happen(warehouse: Warehouse) -> None:
    before = warehouse.value(STATE)
    other = create_engine(warehouse.url)
    with other.begin() as connection:
        connection.exec_driver_sql("explain select quiet_early()")
    other.dispose()
    for _ in range(50):
        if warehouse.value(STATE) != before:
            return
        time.sleep(0.1)
    pytest.fail("the counter stands still, so that it proves nothing above")


TRIPS = ["select trip()", "explain select trip_early()", "select '5'::tripwire", "select * from guarded", "select o.evil from orders o", "call trip_called()"]  # fmt: skip


@pytest.mark.parametrize("sql", TRIPS)
def test_the_wires_are_live(warehouse: Warehouse, sql: str) -> None:
    """Executed, or planned where `explain` stands, each of these does what the test above finds undone."""
    if "guarded" in sql:
        sql = f"alter table guarded force row level security; set local role pg_read_all_data; {sql}"
        with warehouse.engine.begin() as connection:
            schema = connection.execute(text("select current_schema()")).scalar()
            connection.exec_driver_sql(
                f"insert into guarded values (1); grant usage on schema {schema} to pg_read_all_data"
            )
    with pytest.raises(SQLAlchemyError, match="tripped"), warehouse.engine.begin() as connection:
        connection.exec_driver_sql(sql)


def test_a_second_statement_is_refused_by_the_protocol(asked: Warehouse) -> None:
    with session.session(asked.url) as connection:
        refusal = connection.prepare("select 1; drop table orders")
    assert refusal is not None
    assert "multiple commands" in refusal.reason


def unasked(sql: str = "select id from orders") -> str:
    """The verdict is review, and the message says why."""
    report = check_sql(sql, "postgres", policy=POLICY)
    (finding,) = report.findings
    assert (str(report.verdict), finding.code) == ("review", "GOV025")
    return finding.message


UNASKED = [  # id, url, what is said
    ("no variable", "", "the server of TEST_WAREHOUSE is unknown: the variable is not set"),
    ("another engine", "oracle://u:hush@h/d", "is of a kind that is not asked"),
    ("nobody listens", "postgresql://u:hush@127.0.0.1:1/d", "cannot be reached: Connection refused"),
    ("a wrong password in the host", "postgresql://u:x@hush@127.0.0.1/d", "cannot be reached: "),
    ("no URL", "postgresql://u:hush%zz@127.0.0.1/d", "has a URL that cannot be read"),
    ("a strange option", "postgresql://u:hush@127.0.0.1/d?hush=hush", "has a URL that cannot be read"),
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
    monkeypatch.setattr(session, "CONNECT_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        monkeypatch.setenv(VARIABLE, f"postgresql://u@127.0.0.1:{mute.getsockname()[1]}/d")
        started = time.monotonic()
        message = unasked()
        assert "timeout" in message
        assert time.monotonic() - started < 4
        again = time.monotonic()
        assert unasked() == message
        assert time.monotonic() - again < 0.5, "what failed slowly is not tried again at once"


@pytest.mark.parametrize(("seconds", "said"), [(5.0, "lock timeout"), (0.2, "did not answer within 0.2 s")])
def test_an_answer_is_not_waited_for(
    asked: Warehouse, seconds: float, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "ANSWER_SECONDS", seconds)
    with asked.engine.begin() as connection:
        connection.execute(text("lock table orders in access exclusive mode"))
        started = time.monotonic()
        assert said in unasked()
        assert time.monotonic() - started < 3


def test_a_missing_driver_is_said(asked: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    assert "psycopg is not installed" in unasked()
