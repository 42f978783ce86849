"""Column lineage of all outputs of TPC-DS-like queries, with and without a schema, beside sqlglot's own.

    python tests/benchmarks/sql_lineage.py DATA_DIR

DATA_DIR holds `safe.jsonl`, of which the group `tpcds` is taken. Each time is the best of three, from the
text on: parse, scopes, and the sources of every output. sqlglot's `lineage()` is asked for one output at a
time, as it is made to be, with the schema, without which it does not know whose column it is.
"""

import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from reach import Measure, note
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage

from governance.errors import InvalidInput
from governance.syntax.column_lineage import column_sources

TARGET = 2.0  # milliseconds a query
PREFIXES = {  # TPC-DS names each column after its table
    "cc": "call_center", "cp": "catalog_page", "cr": "catalog_returns", "cs": "catalog_sales", "c": "customer",
    "ca": "customer_address", "cd": "customer_demographics", "d": "date_dim", "hd": "household_demographics",
    "ib": "income_band", "inv": "inventory", "i": "item", "p": "promotion", "r": "reason", "sm": "ship_mode",
    "s": "store", "sr": "store_returns", "ss": "store_sales", "t": "time_dim", "w": "warehouse", "wp": "web_page",
    "wr": "web_returns", "ws": "web_sales", "web": "web_site",
}  # fmt: skip
Schema = dict[str, dict[str, str]]


def schema_of(queries: list[str]) -> Schema:
    """The columns that the queries use, each with its table."""
    schema: Schema = defaultdict(dict)
    for query in queries:
        for column in parse_one(query, dialect="duckdb").find_all(exp.Column):
            table = PREFIXES.get(column.name.lower().partition("_")[0])
            if table and "_" in column.name:
                schema[table][column.name.lower()] = "int"
    return dict(schema)


def best(work: Callable[[], object]) -> float:
    """Milliseconds of the best of three."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return min(times)


def ours(query: str, schema: Schema) -> int:
    """How many outputs have a source; none where they cannot be told."""
    try:
        return sum(bool(sources) for sources in column_sources(query, "duckdb", schema).values())
    except InvalidInput:
        return 0


def theirs(query: str, schema: Schema) -> int:
    """The same by sqlglot's lineage of each output."""
    found = 0
    for name in parse_one(query, dialect="duckdb").named_selects:
        try:
            found += bool(lineage(name, query, schema=schema, dialect="duckdb").downstream)
        except (SqlglotError, ValueError):
            continue
    return found


def measured(name: str, work: Callable[[str], int], queries: list[str]) -> float:
    """Print what one way costs and finds; its median."""
    times = sorted(best(lambda query=query: work(query)) for query in queries)
    found, median = sum(map(work, queries)), statistics.median(times)
    print(f"  {name:<34} median {median:.2f} ms  worst {times[-1]:.1f} ms  {found} outputs with sources")
    return median


def main(folder: str = "") -> None:
    """Measure all; says so when the statements are not there."""
    file = Path(folder) / "safe.jsonl"
    if not file.exists():
        print(f"safe.jsonl is not in {folder or 'the folder given'}; nothing was measured")
        return
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    queries = [row["sql"].strip().rstrip(";") for row in rows if row["group"] == "tpcds"]
    schema = schema_of(queries)
    print(f"lineage: {len(queries)} TPC-DS queries")
    bare = measured("all outputs, no schema", lambda query: ours(query, {}), queries)
    known = measured("all outputs, schema", lambda query: ours(query, schema), queries)
    measured("sqlglot's lineage() of each, schema", lambda query: theirs(query, schema), queries)
    worst = max(bare, known)
    what = "Column lineage of all outputs, TPC-DS query, median"
    note("sql_lineage", [Measure(what, f"<= {TARGET:.0f} ms", f"{worst:.2f} ms", worst <= TARGET)])


if __name__ == "__main__":
    main(*sys.argv[1:])
