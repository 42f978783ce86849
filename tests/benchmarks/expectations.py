"""Ten expectations on a million rows: judged by DuckDB, and by Great Expectations in the same run.

    python -m tests.benchmarks.expectations [--rows N]

Both begin with the same Parquet file and must come to the same results. Imports are left out of both.
"""

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from governance.adapters.great_expectations import Engine
from governance.adapters.pushdown import Found, Table, judge
from tests.benchmarks.reach import Measure, report

T = TypeVar("T")
Asked = Mapping[str, Any]
REACH = 0.3
ROUNDS = 5
ORDERS = """
select
    range::bigint as order_id,
    (range % 5000)::int as customer_id,
    ['open', 'paid', 'sent', 'lost'][1 + range % 4] as status,
    ['de', 'fr', 'it'][1 + range % 3] as country,
    (hash(range) % 100000 / 100)::decimal(9, 2) as amount,
    'A-' || lpad(range::varchar, 8, '0') as code
from range({rows})
"""
EXPECTATIONS: tuple[Asked, ...] = (
    {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1000}},
    {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "order_id"}},
    {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "status"}},
    {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "order_id"}},
    {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "amount", "min_value": 0, "max_value": 999},
    },
    {
        "type": "expect_column_values_to_be_in_set",
        "kwargs": {"column": "status", "value_set": ["open", "paid", "sent", "lost"]},
    },
    {
        "type": "expect_column_values_to_be_in_set",
        "kwargs": {"column": "country", "value_set": ["de", "fr"], "mostly": 0.5},
    },
    {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "code", "regex": r"^A-\d{8}$"}},
    {
        "type": "expect_column_mean_to_be_between",
        "kwargs": {"column": "amount", "min_value": 100, "max_value": 900},
    },
    {
        "type": "expect_table_columns_to_match_set",
        "kwargs": {"column_set": ["order_id", "customer_id", "status", "country", "amount", "code"]},
    },
)


def by_duckdb(file: Path) -> list[Found | None]:
    """The results by push-down."""
    with duckdb.connect() as connection:
        return judge(connection, Table.of_file(connection, str(file)), EXPECTATIONS)


def by_great_expectations(engine: Engine, file: Path) -> list[dict[str, Any]]:
    """The results of Great Expectations on a pandas frame, as the gate has it judge what DuckDB does not."""
    with duckdb.connect() as connection:
        frame = connection.execute("select * from read_parquet(?)", [str(file)]).df()
    return engine.judge(frame, EXPECTATIONS)


def best(run: Callable[[], T]) -> tuple[float, float, T]:
    """The shortest of some runs by the clock, the shortest by the processor, and what the last came to."""
    clock, processor = [], []
    for _ in range(ROUNDS):
        start, used = time.perf_counter(), time.process_time()
        answer = run()
        clock.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    return min(clock), min(processor), answer


def alike(ours: Sequence[Found | None], theirs: Sequence[Mapping[str, Any]]) -> int:
    """How many results are the same."""
    pairs = zip(ours, (outcome["result"] for outcome in theirs), strict=True)
    return sum(
        found is not None and (found.success, found.result) == (result["success"], result["result"])
        for found, result in pairs
    )


def main() -> None:
    """Measure both and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    start = time.perf_counter()
    engine = Engine()
    imported = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.parquet"
        duckdb.execute(f"copy ({ORDERS.format(rows=chosen.rows)}) to '{file}' (format parquet)")
        pushed, work, ours = best(lambda: by_duckdb(file))
        run, labour, theirs = best(lambda: by_great_expectations(engine, file))
    same, asked = alike(ours, theirs), len(EXPECTATIONS)
    print(f"{asked} expectations on {chosen.rows:,} rows, best of {ROUNDS}")
    print(f"Great Expectations: {run:.2f} s ({labour:.2f} of a processor), and {imported:.1f} s to import it")
    print(f"DuckDB: {pushed:.2f} s ({work:.2f} of processors), {run / pushed:.0f} times as fast\n")
    report(
        "expectations",
        [
            Measure("seconds by push-down", f"<= {REACH}", f"{pushed:.2f}", pushed <= REACH),
            Measure("results the same", f"{asked} of {asked}", f"{same} of {asked}", same == asked),
        ],
    )


if __name__ == "__main__":
    main()
