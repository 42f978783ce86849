"""The classes of evasion, each in several dialects: none of them passes, whatever the disguise."""

import pytest

from governance.finding import Severity
from governance.statements import examine_sql
from governance.syntax.sql import DIALECTS, Profile, SqlContext

SCOPE = ("orders", "customers")

READ = {
    "postgres": (
        "select \"pg_sleep\"(1)", "select pg_catalog.pg_sleep(1)", "values (nextval('s'))",
        "select count(*) filter (where pg_sleep(1) is null) from orders", "select array[pg_sleep(1)]",
        "select * from rows from (nextval('s')) as x", "select distinct on (pg_sleep(1)) a from t",
        "select sum(a) over (order by pg_sleep(1)) from t", "select 1 limit (select pg_sleep(1)::int)",
        "with x as materialized (select pg_sleep(1)) select * from x", "select null::secret_row_type",
        "select json_populate_record(null::secret, '{}')", "select U&\"pg_sl\\0065ep\"(1)",
        "declare c cursor for select 1", "fetch all from c", "explain select 1", "begin; select 1; commit",
        "select ((select t from t limit 1)).evil", "select * from t tablesample evil(1)",
        "select * from (delete from t returning *) x", "select a[pg_sleep(1)] from t", "select lo_get(1)",
    ),
    "mysql": (
        "select sleep (1)", "select `sleep`(1)", "values row(1), row(sleep(1))", "select @a := 1",
        "select 1 into @a", "select 1 into dumpfile 'x'", "select * from t procedure analyse()",
        "select * from t lock in share mode", "do sleep(1)", "select @@version", "delimiter //",
        "select sql_no_cache * from t", "select 1 /*!99999 union select 2 */", "table t into outfile 'x'",
    ),
    "duckdb": (
        "from 'x.json'", 'select * from "x.csv"', "select 1 from 'x.db'.t", "select [nextval('s') for x in [1]]",
        "select list_transform([1], x -> nextval('s'))", "select {'a': nextval('s')}", "select getenv('HOME')",
        "select * exclude (a) replace (nextval('s') as b) from t", "select map {'a': read_text('x')}",
        "select * from (pivot 'x.csv' on a using sum(b))", "select try(nextval('s'))", "select 'a'.read_text()",
        "select columns(*) from 'x.csv'", "describe t", "set variable a = 1", "from (show tables)", "pivot 'x.csv' on a",
        "pivot t on getenv('x') using count(*)", "unpivot t on a into name n value getenv('x')",
    ),
    "snowflake": (
        "select * from @stage", "select $1 from @stage/x.csv", "select * from table('t')", "select s.nextval",
        "select * from identifier('secret')", "select * from table(my_udtf(1))", "select ai_complete('m', 'p')",
        "select * from values (system$wait(1))", "select * from t, lateral (select system$wait(1))",
        "select * from directory(@s)", "list @s", "select * from table(to_query('drop table t'))",
        "select all_user_names()", "with x as procedure () returns int language sql as $$ 1 $$ call x()",
        "select * from snowflake.account_usage.query_history", "select * from t ->> select 1",
    ),
    "bigquery": (
        "select `ds`.f(1)", "select `p.ds.f`(1)", "select safe.evil(1)", "select net.evil(1)", "select ai.generate('x')",
        "select * from ml.predict(model m, table t)", "select * from ds.tvf(1)", "select @@project_id", "select st_regionstats(g, 'ee://x', 'b') from t",
        "select * from ds.information_schema.tables", "assert (select 1)", "raise using message = 'x'",
        "create temp function f() as (1); select f()", "from t |> call f()", "load data into t from files(uris=['x'])",
    ),
    "databricks": (
        "select transform(a) using 'sh' as (b) from t", "from t insert into x select 1", "select secret('a', 'b')",
        "select identifier('f')(1)", "select * from identifier('t')", "select * from json.`x`", "list jar",
        "select * from `csv`.`/x`", "select * from t lateral view explode(array(reflect('a', 'b'))) x",
    ),
    "trino": (
        "select * from table(pg.system.query(query => 'x'))", "with function f() returns int return 1 select f()",
        "select transform(array[1], x -> evil(x))", "select * from \"t$files\"", "explain analyze select 1",
    ),
    "clickhouse": (
        "select arrayMap(x -> file('x'), [1])", "with file('x') as y select y", "select * from dictionary('d')",
        "select * from view(select * from url('x'))", "select * from t array join file('x') as y",
        "select * from t final settings max_threads = 1", "select 1 into outfile 'x'", "select id in (secret) from t", "select in(a, secret) from t",
        "select notIn(a, 'secret') from t", "select * apply(sleep) from t", "select columns('a') apply(x -> file(x)) from t",
        "select fileIf('x', 1)", "select sleepOrNull(1)",
        "select * from orders array join (select groupArray(a) from secret) as x", "parallel with select 1",
    ),
    "tsql": (
        "select 1 shutdown", "select 1 go", "select id from t checkpoint", "select * into x from t", "sp_who",
        "select 1 exec sp_who", "select case when 1=1 then 1 end drop table t", "insert into t exec sp_who",
        "select next value for s", "select * from srv.db..t", "select * from ...t", "select dbo.evil_type::Parse('x')",
        "select * from t option (querytraceon 9481)", "select t.col.evil() from t", "select * from msdb.dbo.sysjobs",
        "select * from t cross apply dbo.f(t.a)", "select cast('x' as dbo.evil)",
        "select * from openjson((select bulkcolumn from openrowset(bulk 'x', single_clob) t))", "select @x = 1",
    ),
    "oracle": (
        "select seq.nextval from dual", "select evil from dual", "select pkg.evil from t", "select sch.pkg.evil from dual",
        "select (select pkg.evil from u) from t", "select pkg.evil from t where exists (select 1 from u pkg)",
        "select dbms_utility.get_time from dual", "select /*+ parallel(8) */ a from t", "select /*+ index(t i) parallel(8) */ a from t",
        "select 1 from dual where evil = 1",
        "select * from table(f(1))", "select cursor(select * from t) from dual", "select * from t@l",
        "select q'[' ]' || utl_http.request('x') || q'[']' from dual", "insert all into t values (1) select 1 from dual",
        "with function f return int is begin return 1; end; select f from dual",
    ),
    "redshift": (
        "unload ('select 1') to 's3://x'", "select * from stl_query", "select 'a\\'; drop table t; --'",
        "alter table t append from s", "select my_udf(1)", "create external schema s from data catalog",
    ),
    "sqlite": (
        "select 1 in secret", "select * from 'secret'", "values (load_extension('x'))", "vacuum into 'x'",
        "select * from json_each(readfile('x'))", "select * from t order by load_extension('x')", "pragma table_info(t)",
    ),
}  # fmt: skip

SCOPED = {
    "postgres": (
        "with a as (select * from b), b as (select 1) select * from a", "select * from public.orders",
        "with secret as (select * from secret) select * from secret", 'select * from "Orders"',
        "select * from orders window w as (order by (select 1 from secret))", "select array(table secret)",
        "with recursive orders as (select * from orders union all select * from secret) select 1",
        "select * from orders, lateral (with x as (select * from secret) select * from x) y",
    ),
    "duckdb": ("from (from secret)", "values ((from secret))", "select * from query_table('secret')",
               "select [x for x in (select list(a) from secret)]", "from orders positional join secret"),
    "snowflake": ('select * from "orders"', "select * from table(secret)", "select object_construct(*) from secret"),
    "bigquery": ("select * from Orders", "select struct((select 1 from secret))", "select * from `orders_*`"),
    "mysql": ("select * from orders where (1, 2) in (table secret)", "select * from orders straight_join secret"),
    "tsql": ("select * from openjson((select a from secret))", "select * from db..orders", "select * from [secret]"),
    "databricks": ("select explode((select array(a) from secret))", "select * from table(secret)"),
    "clickhouse": ("with (select a from secret) as x select x", "select id global in secret from orders"),
    "oracle": ("select * from secret partition (p)", "select * from lateral (select * from secret)"),
    "sqlite": ("select * from orders where id in secret", "select * from temp.orders"),
    "trino": ("select * from table(f(input => table(secret)))", "with x as (table secret) select * from x"),
    "redshift": ("select * from orders, orders.items i, secret",),
}  # fmt: skip


def pairs(cases: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """Dialect and statement, one by one."""
    return [(dialect, sql) for dialect, statements in cases.items() for sql in statements]


def worst(sql: str, context: SqlContext) -> Severity:
    """The gravest finding; INFO when there is none."""
    return max((finding.severity for finding in examine_sql(sql, context)), default=Severity.INFO)


@pytest.mark.parametrize(("dialect", "sql"), pairs(READ))
def test_no_disguise_passes_as_a_query(dialect: str, sql: str) -> None:
    assert worst(sql, SqlContext(dialect)) >= Severity.MEDIUM


@pytest.mark.parametrize(("dialect", "sql"), pairs(SCOPED))
def test_no_disguise_leaves_the_scope(dialect: str, sql: str) -> None:
    assert worst(sql, SqlContext(dialect, tables=SCOPE)) >= Severity.HIGH


ALWAYS_TRUE = (
    "id = id", "not false", "true or id = 1", "id > 0 or id <= 0", "1 <> 2", "(1 = 1)", "not (1 = 0)", "null is null",
    "id is not null or id is null", "exists (select 1)", "exists (select 1 from orders)", "abs(1) = 1", "id like '%'",
    "coalesce(id, 1) = coalesce(id, 1)", "id in (select id from orders)", "case when true then true end", "2 > 1 and 1 < 2",
)  # fmt: skip


@pytest.mark.parametrize("dialect", ["postgres", "duckdb", "snowflake", "bigquery", "mysql"])
@pytest.mark.parametrize("condition", ALWAYS_TRUE)
def test_a_filter_that_filters_nothing_is_blocked(dialect: str, condition: str) -> None:
    sql = f"delete from orders where {condition}"
    assert worst(sql, SqlContext(dialect, Profile.WRITE)) >= Severity.HIGH


KNOWN_LIMITS = (
    ("an attribute that is a function needs a schema to be told", "postgres", "select o.evil from orders o"),
    ("all that is stored may lie in the past", "postgres", "delete from orders where shipped_at <= now()"),
)


@pytest.mark.parametrize(
    ("dialect", "sql"), [limit[1:] for limit in KNOWN_LIMITS], ids=[k[0] for k in KNOWN_LIMITS]
)
def test_what_the_gate_does_not_see(dialect: str, sql: str) -> None:
    assert worst(sql, SqlContext(dialect, Profile.WRITE)) < Severity.MEDIUM


HONEST = {
    "every": (
        "select a, count(*) as n from t where b > 1 group by a having count(*) > 2 order by n desc",
        "with x as (select a, b from t) select x.a, sum(x.b) from x join u on x.a = u.a group by x.a",
        "select a, row_number() over (partition by b order by c) as r from t",
        "select case when a > 1 then 'x' else 'y' end as k, coalesce(b, 0) as b from t -- a comment",
        "select cast(a as varchar(10)) as a from t where b in ('x', 'y') and c between 1 and 2 and d is not null",
        "select a from t where exists (select 1 from u where u.a = t.a) union all select a from v",
    ),
    "postgres": ("select date_trunc('month', a)::date, b ->> 'k' from t where c ~* 'x' and d @> '{1}'",
                 "select percentile_cont(0.5) within group (order by a) from t",
                 "select * from generate_series('2024-01-01'::date, '2024-12-31', interval '1 day') as d(day)"),
    "duckdb": ("select a, unnest(b), list_transform(c, x -> x + 1), {'k': 1}, [1, 2][1] from t qualify rank() over (order by a) = 1",
               "select * exclude (a) from t asof join u on t.k = u.k and t.ts >= u.ts"),
    "snowflake": ("select v:a.b::string, f.value from t, lateral flatten(input => v:items) f where iff(a, 1, 0) = 1",
                  "select listagg(distinct a, ',') within group (order by a) from t sample (10)",
                  "select * from t at(offset => -60)"),
    "bigquery": ("select * except (a), safe_divide(a, b), array_agg(c order by d limit 1)[safe_offset(0)] from `p.d.t_*` "
                 "where _table_suffix between '1' and '2'",
                 "select e.key, (select value.string_value from unnest(params) where key = 'x') from `p.d.t`, unnest(events) as e"),
    "mysql": ("select date_format(a, '%Y-%m'), group_concat(b separator ';') from t where c regexp '^x' limit 5, 10",),
    "tsql": ("select top 5 isnull(a, 0), dateadd(day, -1, getdate()) from dbo.t with (nolock) option (recompile)",
             "select * from t cross apply openjson(t.j) with (a int '$.a') x"),
    "databricks": ("select explode(split(a, ',')) as x, date_format(b, 'yyyy') from t lateral view posexplode(c) p as i, v",),
    "trino": ("select approx_distinct(a), json_extract_scalar(b, '$.k') from t cross join unnest(c) as u(x)",),
    "clickhouse": ("select toStartOfMonth(a) as m, uniqExact(b), countIf(c > 1) from t final prewhere d = 1 group by m limit 1 by m",),
    "oracle": ("select nvl(a, 0), to_char(b, 'YYYY'), sysdate from t where rownum <= 10 connect by prior id = parent_id",),
    "redshift": ("select dateadd(day, 1, a), listagg(b, ',') within group (order by b) from t",),
    "sqlite": ("select strftime('%Y', a), group_concat(b), json_extract(c, '$.k') from t where d glob 'x*'",),
}  # fmt: skip


@pytest.mark.parametrize("dialect", [known.name for known in DIALECTS])
@pytest.mark.parametrize("sql", HONEST["every"])
def test_plain_analysis_passes_everywhere(dialect: str, sql: str) -> None:
    assert examine_sql(sql, SqlContext(dialect)) == []


@pytest.mark.parametrize(("dialect", "sql"), [p for p in pairs(HONEST) if p[0] != "every"])
def test_what_analysts_write_passes(dialect: str, sql: str) -> None:
    assert examine_sql(sql, SqlContext(dialect)) == []
