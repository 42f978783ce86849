"""Personal columns are followed to what a statement shows, through every door that SQL has."""

import pytest

from governance.finding import Position
from governance.statements import examine_sql
from governance.syntax.sql import Profile, SqlContext

PERSONAL = ("shop.customers.email", "customers.phone")

SHOWN = {
    "postgres": (
        "select c from customers c", "select to_jsonb(c) from customers c", "select (select email) from customers",
        "with x as (select id, lower(email) as e from customers) select x.e as mail from x",
        "with x(m) as (select email from customers) select m from x", "select t.a from customers as t(a, b)",
        "select id, (select max(email) from customers c where c.id = o.id) from orders o",
        "select o.id, email from orders o join customers c using (id)", "select CUSTOMERS.Email from customers",
        "select id from orders union all select phone from customers", "table customers",
        "select C.* from customers c", "select C from customers c",
        "select s.customers.phone from s.customers", "select array_agg(x.email) from (select * from shop.customers) x",
        "select x.* from orders o cross join lateral (select email from customers c where c.id = o.id) x",
        "with recursive r as (select id, email from customers union all select id, email from r) select * from r",
        "select y.e from (select 'a' as e union select email from customers) y",
        "select case when id = 1 then email end from customers", "select string_agg(email, ',') from customers",
        "select first_value(email) over (order by id) from customers", "select customers.* from customers, orders",
    ),
    "duckdb": (
        "from customers", "from customers select columns('e.*')", "select * exclude (email) from customers",
        "select unnest(c) from customers c", "select {'a': email} from customers",
        "with a as (with b as (select email from customers) select * from b) select * from a",
        "select [x for x in list(email)] from customers",
    ),
    "bigquery": (
        "select array(select as struct email from customers) from orders",
        "select x from orders, unnest(array(select email from customers)) as x",
    ),
    "snowflake": ("select EMAIL from CUSTOMERS", "select c.email from customers c qualify row_number() over (order by id) = 1"),
}  # fmt: skip

FREE = {
    "postgres": (
        "select count(email), count(distinct phone) from customers where email is not null",
        "select id from customers where email = 'x' order by phone", "select email from contacts", "select email from other.customers",
        "with x as (select * from customers) select id from x", "select email is null from customers",
        "select max(id) from customers group by email having max(email) > 'a'", "select 1",
        "select o.id from orders o join customers c on c.email = o.email",
        "select id from orders where exists (select email from customers)",
        "with x(m, n) as (select email, id from customers) select n from x",
    ),
    "duckdb": ("select c.* exclude (email, phone) from customers c",),
}  # fmt: skip


def rows(table: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(dialect, sql) for dialect, statements in table.items() for sql in statements]


def told(dialect: str, sql: str, profile: Profile = Profile.READ) -> list[str]:
    context = SqlContext(dialect, profile, personal=PERSONAL)
    return [finding.message for finding in examine_sql(sql, context) if finding.code == "COL001"]


@pytest.mark.parametrize(("dialect", "sql"), rows(SHOWN))
def test_what_is_shown_is_found(dialect: str, sql: str) -> None:
    assert told(dialect, sql)


@pytest.mark.parametrize(("dialect", "sql"), rows(FREE))
def test_what_is_only_used_is_free(dialect: str, sql: str) -> None:
    assert examine_sql(sql, SqlContext(dialect, personal=PERSONAL)) == []


WRITES = (
    "insert into x select email from customers",
    "with d as (select email from customers) insert into x select * from d",
    "delete from customers where id = 1 returning email",
    "update customers set a = 1 where id = 2 returning *",
)


@pytest.mark.parametrize("sql", WRITES)
def test_a_write_that_copies_or_returns_is_found(sql: str) -> None:
    assert told("postgres", sql, Profile.WRITE)


def test_a_finding_names_the_column_and_what_it_is_called() -> None:
    context = SqlContext("postgres", personal=PERSONAL)
    (found,) = examine_sql("select id,\n  lower(c.phone) as contact from customers c", context)
    assert found.message == "shop.customers.phone, which is personal data, is shown as contact"
    assert found.location.start == Position(2, 3)


def test_what_cannot_be_told_apart_may_be_shown() -> None:
    (message,) = told("postgres", "select phone from customers, orders")
    assert "may be shown" in message
