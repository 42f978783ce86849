"""Makes the `*.engine.txt` function tables anew by asking the engines themselves.

    python tests/syntax/regenerate_functions.py "dbname=postgres" HELP.sql

The first argument is a PostgreSQL connection string, the second MariaDB's `fill_help_tables.sql`
(in its share directory); DuckDB and SQLite are asked in process. What an engine calls free of side
effects is written, minus every name that the reviewed table speaks about.
"""

import re
import sqlite3
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

import duckdb
import psycopg

from governance.syntax.dialect import dialect_named
from governance.syntax.sql.functions import entries

TABLES = Path(__file__).parents[2] / "governance" / "syntax" / "sql" / "tables" / "functions"

# Support functions take or return `internal` or `cstring`: they are plumbing of types and operators.
PG_PROC = """
select distinct proname from pg_proc
where pronamespace = 'pg_catalog'::regnamespace and provolatile in ('i', 's')
  and prorettype not in ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype,
                         'event_trigger'::regtype)
  and not proargtypes::oid[] && array['internal'::regtype::oid, 'cstring'::regtype::oid]
"""
# What begins with two underscores is the optimiser's own; called by hand it may bring the process down.
DUCKDB = """
select distinct function_name from duckdb_functions()
where function_type in ('scalar', 'aggregate', 'macro') and database_name = 'system'
  and not coalesce(has_side_effects, false) and coalesce(stability, '') <> 'VOLATILE'
  and not starts_with(function_name, '__')
"""
# "Miscellaneous" and "Information" functions are left out: the reviewed table names them one by one.
HELP_CATEGORIES = re.compile(
    "Numeric|Control flow|Encryption|GROUP BY|Bit|Date and Time|String|Geo|WK[BT]|Point|LineS|Polygon"
)


def main(postgres: str, help_file: str) -> None:
    """Write all engine tables."""
    with psycopg.connect(postgres) as connection:
        version = f"PostgreSQL {connection.info.server_version // 10000}"
        write("postgres", version, (row[0] for row in connection.execute(PG_PROC)))
    names = (row[0] for row in duckdb.connect().execute(DUCKDB).fetchall())
    write("duckdb", f"DuckDB {duckdb.__version__}", names)
    rows = sqlite3.connect(":memory:").execute("select name from pragma_function_list").fetchall()
    write("sqlite", f"SQLite {sqlite3.sqlite_version}", (row[0] for row in rows))
    write("mysql", "MariaDB's help tables", mariadb(Path(help_file).read_text("utf-8", "replace")))


def mariadb(text: str) -> Iterable[str]:
    """Names of the topics that stand in a category of functions."""
    category = re.compile(r"insert into help_category \([^)]*\) values \((\d+),'([^']*)'", re.IGNORECASE)
    wanted = {number for number, name in category.findall(text) if HELP_CATEGORIES.search(name)}
    topic = re.compile(
        r"insert into help_topic \([^)]*\) values \(\d+, (\d+), '([A-Z0-9_\\]+)'", re.IGNORECASE
    )
    return (name.replace("\\", "") for number, name in topic.findall(text) if number in wanted)


def write(dialect: str, version: str, names: Iterable[str]) -> None:
    """One table, without the names that the reviewed one decides."""
    reviewed = [word for word, _ in entries(dialect_named(dialect).name)]
    exact = {word for word in reviewed if "*" not in word}
    patterns = [re.compile(re.escape(word).replace(r"\*", ".*")) for word in reviewed if "*" in word]
    plain = {name.lower() for name in names if re.fullmatch(r"[A-Za-z_]\w*", name)}
    kept = sorted(n for n in plain - exact if not any(p.fullmatch(n) for p in patterns))
    head = f"# Made by tests/syntax/regenerate_functions.py from {version}; do not edit.\n[pure]\n"
    (TABLES / f"{dialect}.engine.txt").write_text(head + textwrap.fill(" ".join(kept), 108) + "\n", "utf-8")
    print(f"{dialect}: {len(kept)} functions from {version}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
