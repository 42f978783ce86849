"""Thousands of statements by the classes of evasion, and what analysts write beside them; and their disguises."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.finding import Severity
from governance.statements import examine_sql
from governance.syntax.sql import Profile, SqlContext

Section = tuple[SqlContext, list[str]]
TABLES = Path(__file__).parent / "statements"


def sections(name: str) -> dict[str, Section]:
    """The statements of a file by the heading they stand under, `[dialect profile tables=a,b]`."""
    found: dict[str, Section] = {}
    statements: list[str] = []
    for line in (TABLES / name).read_text("utf-8").splitlines():
        if re.fullmatch(r"\[[a-z]+ (read|model|write|migrate)( tables=\S+)?\]", line):
            dialect, profile, *rest = line[1:-1].split()
            tables = tuple(rest[0].removeprefix("tables=").split(",")) if rest else None
            found[line] = (SqlContext(dialect, Profile(profile), tables), statements := [])
        elif line and not line.startswith("# "):
            statements.append(line.replace("\\n", "\n").replace("\\r", "\r"))
    return found


HARMFUL, HONEST = sections("harmful.txt"), sections("honest.txt")


def passes(sql: str, context: SqlContext) -> bool:
    """Whether nothing was found that asks for more than a note."""
    return all(finding.severity < Severity.MEDIUM for finding in examine_sql(sql, context))


@pytest.mark.parametrize("section", HARMFUL)
def test_nothing_harmful_passes(section: str) -> None:
    context, statements = HARMFUL[section]
    assert [sql for sql in statements if passes(sql, context)] == []


@pytest.mark.parametrize("section", HONEST)
def test_everything_honest_passes(section: str) -> None:
    context, statements = HONEST[section]
    assert [sql for sql in statements if not passes(sql, context)] == []


REASONS = [  # dialect, profile, sql, the rule that must speak
    ("postgres", "read", "select ((select t from t limit 1)).evil", "SQL106"),
    ("postgres", "read", "select * from t tablesample evil(1)", "SQL105"),
    ("postgres", "read", "select 1 from generate_series(1, 100000) a, generate_series(1, 100000) b", "SQL502"),
    ("snowflake", "read", "select * from table(to_query('drop table t'))", "SQL104"),
    ("snowflake", "read", "select * from table(generator(timelimit => 3600))", "SQL502"),
    ("sqlite", "read", "select printf('%1000000000d', 1)", "SQL502"),
    ("duckdb", "read", "from (show tables)", "SQL023"),
    ("duckdb", "read", "pivot 'x.csv' on a using count(*)", "SQL203"),
    ("clickhouse", "read", "select in(a, secret) from t", "SQL025"),
    ("clickhouse", "read", "select notIn(a, secret) from t", "SQL204"),
    ("clickhouse", "read", "select * apply(sleep) from t", "SQL101"),
    ("clickhouse", "read", "select fileOrNull('x')", "SQL103"),
    ("clickhouse", "write", "insert into t from infile 'x' format CSV", "SQL013"),
    ("tsql", "read", "select * from srv.db..t", "SQL202"),
    ("tsql", "read", "select * from ...t", "SQL202"),
    ("tsql", "read", "select dbo.evil_type::Parse('x')", "SQL102"),
    ("tsql", "read", "select * from t option (querytraceon 8649)", "SQL019"),
    ("tsql", "read", "select * from msdb.dbo.sysjobs", "SQL205"),
    ("tsql", "write", "update t set @x = a = 1 where id = 1", "SQL020"),
    ("tsql", "write", "insert into openquery(s, 'select 1') values (1)", "SQL013"),
    ("oracle", "read", "select pkg.evil from t", "SQL102"),
    ("oracle", "read", "select pkg.evil from t where exists (select 1 from u pkg)", "SQL102"),
    ("oracle", "model", "select dbms_random.value from dual", "SQL108"),
    ("oracle", "read", "select /*+ index(t i) parallel(8) */ a from t", "SQL019"),
    ("postgres", "write", "delete from t where id between -2147483648 and 2147483647", "SQL402"),
    ("postgres", "write", "update t set a = 0 where id - id = 0", "SQL402"),
    ("postgres", "write", "update t set a = 0 from u where u.id > 0", "SQL402"),
    ("postgres", "write", "delete from t a using t b where a.id = b.id", "SQL402"),
    ("postgres", "write", "merge into t a using t b on a.id = b.id when matched then delete", "SQL401"),
    ("mysql", "write", "insert into t select * from t on duplicate key update a = 0", "SQL401"),
    ("mysql", "write", "delete from t where id in (select * from (select id from t) x)", "SQL402"),
    ("oracle", "write", "delete from t where rownum >= 1", "SQL402"),
    ("duckdb", "write", "delete from t where " + " and ".join(["a = a"] * 100), "SQL402"),
    ("duckdb", "write", "delete from t where a = 1 or " + " or ".join(["a = a"] * 2_000), "SQL402"),
    ("clickhouse", "read", "select sum" + "ifornull" * 1_000 + "(1)", "SQL102"),
    ("snowflake", "migrate", "create or replace schema s", "SQL404"),
    ("mysql", "migrate", "alter table t engine = blackhole", "SQL405"),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "profile", "sql", "code"), REASONS)
def test_what_is_refused_is_refused_for_the_right_reason(
    dialect: str, profile: str, sql: str, code: str
) -> None:
    assert code in {finding.code for finding in examine_sql(sql, SqlContext(dialect, Profile(profile)))}


# Literals, comments, several statements and line ends mean what they mean only as they stand.
PLAIN = re.compile(r"[^'\"`$\\;#\n\r{}\[-]*")
WRAPPED = (
    "select * from ({}) q",
    "with q as ({}) select * from q",
    "select 1 as a union all select * from ({}) q",
)
GAPS = (" ", "\n", "\t", "  ", "\r\n", " /**/ ", " /* a, ( b */ ", " -- c\n")


def plain(found: dict[str, Section]) -> list[tuple[SqlContext, str]]:
    """The queries whose text can be varied blindly."""
    return [
        (context, sql)
        for context, statements in found.values()
        for sql in statements
        if sql.startswith("select") and PLAIN.fullmatch(sql) and "/*" not in sql and "//" not in sql
    ]


def disguised(draw: st.DrawFn, context: SqlContext, sql: str) -> str:
    """The same statement with other gaps and in other case, unless case tells one table from another."""
    text = "".join(draw(st.sampled_from(GAPS)) if char == " " else char for char in sql)
    cases = (str.lower, str.upper, str.swapcase, str.title, str) if context.tables is None else (str,)
    return draw(st.sampled_from(cases))(text)


@settings(max_examples=1500, deadline=None)
@given(st.data(), st.sampled_from(plain(HARMFUL)), st.sampled_from(("{}", *WRAPPED)))
def test_no_disguise_helps_what_is_harmful(
    data: st.DataObject, case: tuple[SqlContext, str], wrap: str
) -> None:
    context, sql = case
    mutated = wrap.format(data.draw(st.composite(disguised)(context, sql)))
    assert not passes(mutated, context), mutated


@settings(max_examples=1000, deadline=None)
@given(st.data(), st.sampled_from(plain(HONEST)))
def test_no_disguise_hurts_what_is_honest(data: st.DataObject, case: tuple[SqlContext, str]) -> None:
    context, sql = case
    mutated = data.draw(st.composite(disguised)(context, sql))
    assert passes(mutated, context), mutated
