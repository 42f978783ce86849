"""Other gates on the same statements in the same run: what they let through, refuse, and cost.

    python tests/benchmarks/sql_peers.py DATA_DIR

Each peer answers as its makers mean it to be used for queries of an agent: Airflow's common-ai as its
operators do and with `allowed_tables`, altimate-core's `is_safe`, and the ten lines around sqlglot that
one writes first. sqlfluff is no gate; its parse stands for the price of a second grammar. Peers that
are not among our own requirements are put into `.bench/` first.
"""

import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PEERS = Path(__file__).resolve().parents[2] / ".bench"
SLOW = 60  # statements that a slow peer is given, spread over the set
Row = dict[str, Any]
Passes = Callable[[Row], bool]


def ours() -> Passes:
    from sql import context_of, verdict_of

    from governance.finding import Verdict
    from governance.statements import examine_sql

    return lambda row: verdict_of(examine_sql(row["sql"], context_of(row))) is Verdict.PASS


def bare_parse() -> Passes:
    """Nothing but the parse, for the price: whatever parses passes."""
    import sqlglot

    return _if_silent(lambda row: sqlglot.parse(row["sql"], dialect=row["dialect"]))


def ten_lines() -> Passes:
    import sqlglot
    from sqlglot import exp

    bad = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Drop, exp.Create, exp.Alter, exp.Command)

    def refuse(row: Row) -> None:
        (tree,) = sqlglot.parse(row["sql"], dialect=row["dialect"])
        assert isinstance(tree, exp.Query)
        assert not any(tree.find_all(*bad))

    return _if_silent(refuse)


def airflow() -> Passes:
    from airflow.providers.common.ai.utils.sql_validation import validate_sql

    return _if_silent(lambda row: validate_sql(row["sql"], dialect=row["dialect"]))


def airflow_strict() -> Passes:
    """With a list of tables: the two of the scope rows, else those that the statement itself names."""
    from airflow.providers.common.ai.toolsets.sql import SQLToolset
    from sql import SCOPE, context_of

    from governance.syntax.sql import read
    from governance.syntax.sql.names import table_names

    def refuse(row: Row) -> None:
        tables: tuple[str, ...] = SCOPE
        if row.get("profile") != "scope":
            script = read(row["sql"], context_of(row))
            tables = tuple(t.text for s in script.statements if s.tree for t in table_names(s)) or ("none",)
        gate = SQLToolset(
            "unused", allowed_tables=[name.replace('"', "").replace("`", "") for name in tables]
        )
        gate._validate_for_execution(row["sql"], dialect=row["dialect"], require_parse=True)

    return _if_silent(refuse)


def altimate() -> Passes:
    import altimate_core

    def safe(row: Row) -> bool:
        answer = altimate_core.is_safe(row["sql"])
        return bool(answer["safe"] if isinstance(answer, dict) else answer)

    return safe


def sqlfluff() -> Passes:
    import sqlfluff

    return _if_silent(
        lambda row: sqlfluff.parse(row["sql"], dialect=row["dialect"].replace("spark", "sparksql"))
    )


def _if_silent(check: Callable[[Row], object]) -> Passes:
    def passes(row: Row) -> bool:
        try:
            check(row)
        except Exception:  # a peer refuses by raising, each in its own way
            return False
        return True

    return passes


CONTENDERS: tuple[tuple[str, Callable[[], Passes], bool], ...] = (
    ("airflow-governance", ours, False),
    ("common-ai validate_sql", airflow, False),
    ("common-ai allowed_tables", airflow_strict, False),
    ("altimate-core is_safe", altimate, False),
    ("ten lines of sqlglot", ten_lines, False),
    ("bare sqlglot parse", bare_parse, False),
    ("sqlfluff parse", sqlfluff, True),
)


def measured(passes: Passes, rows: list[Row]) -> tuple[list[bool], list[float]]:
    """Each answer and the microseconds it took, caches warm."""
    answers, times = [], []
    for row in rows[:40]:
        passes(row)
    for row in rows:
        start = time.perf_counter()
        answers.append(passes(row))
        times.append((time.perf_counter() - start) * 1e6)
    return answers, times


def rows_of(file: Path, most: int = 0) -> list[Row]:
    rows = [json.loads(line) for line in file.open("rb")]
    return rows[:: max(1, len(rows) // most)] if most else rows


def table(folder: Path) -> Iterator[str]:
    """One line for each contender."""
    yield "| Gate | Unsafe let through | Easy queries refused | Warehouse queries refused | TPC refused | median, p99 |"
    yield "|---|---|---|---|---|---|"
    for name, make, slow in CONTENDERS:
        try:
            passes = make()
        except ImportError as error:
            yield f"| {name} | not installed: {error} | | | | |"
            continue
        unsafe = rows_of(folder / "unsafe.jsonl", SLOW if slow else 0)
        safe = rows_of(folder / "safe.jsonl", SLOW if slow else 0)
        through, _ = measured(passes, unsafe)
        answers, times = measured(passes, safe)
        refused = [
            share(answers, safe, groups)
            for groups in (("spider", "text2sql", "sql-eval"), ("spider2",), ("tpch", "tpcds"))
        ]
        times.sort()
        cost = f"{times[len(times) // 2] / 1e3:.2f} ms, {times[int(len(times) * 0.99)] / 1e3:.1f} ms"
        yield f"| {name} | {sum(through)} of {len(unsafe)} | {' | '.join(refused)} | {cost} |"


def share(answers: list[bool], rows: list[Row], groups: tuple[str, ...]) -> str:
    """Of the rows of some groups, how many were refused."""
    among = [passed for passed, row in zip(answers, rows, strict=True) if row["group"] in groups]
    return f"{among.count(False)} of {len(among)} ({among.count(False) / max(1, len(among)):.1%})"


def install() -> None:
    """Peers of other people's, in a folder of their own behind everything that is installed."""
    uv = Path(sys.executable).parent / "uv"
    if not PEERS.exists():
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--target", PEERS, "altimate-core", "sqlfluff"], check=False
        )
    sys.path.append(str(PEERS))


def main(folder: str = "") -> None:
    """Print the table; says so when the statements are not there."""
    if not all((Path(folder) / f"{name}.jsonl").exists() for name in ("safe", "unsafe")):
        print(f"safe.jsonl and unsafe.jsonl are not in {folder or 'the folder given'}; nothing was measured")
        return
    install()
    logging.disable(logging.WARNING)  # one of them tells every step
    for line in table(Path(folder)):
        print(line, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
