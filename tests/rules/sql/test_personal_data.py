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
        "with a as (select email as e from customers), b as (select * from a) select e from b",
        "with x as (select email as e, lower(e) as f from customers) select f from x",
        "select x.max from (select max(email) from customers) x", "select o from (select * from customers) o",
        "with recursive r(a, b) as (select email, id from customers union all select b, a from r) select b from r",
        "select t.a from (select * from customers) t(a, b)", "select c.*::text from customers c",
        "select email from orders natural join customers", "select c.email from (customers c join orders o on true)",
        "select id from orders intersect select email from customers", "select id from orders except select phone from customers",
        "select x.v from customers c, lateral (values (c.email)) as x(v)", "select json_agg(c) from customers c",
        "select x.v from customers c cross join unnest(array[c.email]) as x(v)",
        "select u from customers c, unnest(string_to_array(c.email, '@')) u", "select (c).email from customers c",
        "select y.z from customers x join lateral (select x.phone as z) y on true",
        "select count(*) over (partition by email) from customers", "select lag(phone) over (order by id) from customers",
        "select string_agg(c.email, ',' order by c.id) from customers c", "select length(phone) from customers union all select 1",
    ),
    "duckdb": (
        "from customers", "from customers select columns('e.*')", "select * exclude (email) from customers",
        "select unnest(c) from customers c", "select {'a': email} from customers",
        "with a as (with b as (select email from customers) select * from b) select * from a",
        "select [x for x in list(email)] from customers", "select #1 from customers", "select min(columns(*)) from customers",
        "select e from (select * rename (email as e) from customers)", "select email[1:3] from customers",
        "select id from orders union all by name select email as id from customers", "from (from customers) select email",
        "select y from (select id as z from orders union all by name select email as y from customers)",
        "select z.x from (select email as x from customers) z semi join orders using (x)", "select * from customers positional join orders",
        "unpivot customers on email, phone into name n value v",
    ),
    "bigquery": (
        "select array(select as struct email from customers) from orders",
        "select x from orders, unnest(array(select email from customers)) as x",
        "select * replace (lower(email) as id) from (select * except (phone) from customers)",
        "select x.e from unnest(array(select as struct email as e from customers)) x", "select array_agg(struct(email)) from customers",
    ),
    "databricks": ("select e from customers lateral view explode(array(email)) t as e", "select struct(*) from customers"),
    "clickhouse": ("with email as e select e from customers", "select * apply(toString) from customers", "select arrayJoin([email]) from customers"),
    "tsql": ("select x.v from customers c cross apply (values (c.email)) x(v)", "select v = email from customers"),
    "snowflake": ("select EMAIL from CUSTOMERS", "select c.email from customers c qualify row_number() over (order by id) = 1", "select $1 from customers", "select object_construct(*) from customers", "select f.value from customers c, lateral flatten(input => c.email) f"),
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
        "select x.v from customers c, lateral (values (c.id)) as x(v)",
        "select sum(o.total) over (order by o.id) from orders o join customers c using (id)",
        "select a from (select id as a, email as b from customers union all select id, phone from customers) x",
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
