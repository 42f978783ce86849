"""How the SQL gate fares on a folder of judged statements: what it lets through, refuses, and costs.

    python tests/benchmarks/sql.py DATA_DIR [--list]

`unsafe.jsonl` holds `sql`, `dialect`, `profile` (read, scope, write, cost, ambiguous) and `cls`;
`safe.jsonl` holds `sql`, `dialect` and `group`. `--list` prints each statement that went wrong.
"""

import json
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import sqlglot
from reach import Measure, note

from governance.finding import Finding, Severity, Verdict
from governance.statements import examine_sql
from governance.syntax.sql import Profile, SqlContext

SCOPE = ("orders", "customers")
ALLOWED = {"tpch": 0.0, "tpcds": 0.0, "spider": 0.005, "text2sql": 0.005, "sql-eval": 0.005, "spider2": 0.03}

# Which rules name what a class of evasions does; a refusal for another reason teaches nobody.
RIGHT = {
    "anon-block": "SQL012 SQL014",
    "catalog-read": "SQL107 SQL204 SQL205",
    "comment-diff": "SQL001 SQL005 SQL006 SQL011 SQL403",
    "copy-unload": "SQL013 SQL203 SQL404",
    "cte-shadow": "SQL201",
    "dml-in-cte": "SQL010 SQL011 SQL025",
    "dml-in-from": "SQL010 SQL106",
    "exec-comment": "SQL005",
    "explain-exec": "SQL010 SQL017 SQL023 SQL101",
    "external-reader": "SQL103 SQL104 SQL107 SQL202 SQL203 SQL204",
    "merge": "SQL010",
    "metadata-wrap": "SQL017 SQL023 SQL103",
    "multi-statement": "SQL001",
    "multi-statement-no-semicolon": "SQL001",
    "other-ddl": "SQL012 SQL013 SQL014 SQL015 SQL016 SQL017 SQL018 SQL022 SQL023 SQL024 SQL403 SQL404",
    "plain-other-table": "SQL201",
    "plain-write": "SQL010 SQL013 SQL015 SQL022 SQL024 SQL401 SQL403",
    "quoted-ident": "SQL007 SQL201 SQL205",
    "resource-dos": "SQL501 SQL502 SQL503 SQL504",
    "row-lock": "SQL018",
    "row-type": "SQL105 SQL106 SQL201",
    "select-into": "SQL011",
    "select-to-file": "SQL011 SQL013",
    "session-state": "SQL014",
    "side-effect-fn": "SQL101 SQL103 SQL104 SQL107 SQL202 SQL204",
    "string-escape": "SQL001 SQL006 SQL010 SQL101 SQL103 SQL401 SQL403",
    "table-shorthand": "SQL023 SQL103 SQL107 SQL201 SQL203 SQL204 SQL205",
    "udf-call": "SQL102 SQL105 SQL106 SQL206",
    "unbounded-write": "SQL022 SQL024 SQL401 SQL402 SQL403 SQL404 SQL405",
}

UNTOLD = (
    "PostgreSQL's `o.evil` calls a function; without a schema or a connection it is a column like any other"
)


def verdict_of(findings: list[Finding]) -> Verdict:
    """The default mapping: medium is reviewed, high and critical are blocked."""
    worst = max((finding.severity for finding in findings), default=Severity.INFO)
    return (
        Verdict.BLOCK
        if worst >= Severity.HIGH
        else Verdict.REVIEW
        if worst is Severity.MEDIUM
        else Verdict.PASS
    )


def context_of(row: dict[str, Any]) -> SqlContext:
    """Scope rows are judged with two tables in scope, write rows as writes, all others as queries."""
    profile = Profile.WRITE if row.get("profile") == "write" else Profile.READ
    tables = SCOPE if row.get("profile") == "scope" else None
    return SqlContext(row["dialect"], profile, tables)


def judge(
    rows: list[dict[str, Any]],
) -> tuple[list[tuple[dict[str, Any], Verdict, list[Finding]]], list[float]]:
    """Each row with its verdict and findings, and the microseconds each took."""
    judged, times = [], []
    for row in rows:
        start = time.perf_counter()
        findings = examine_sql(row["sql"], context_of(row))
        times.append((time.perf_counter() - start) * 1e6)
        judged.append((row, verdict_of(findings), findings))
    return judged, times


def unsafe(rows: list[dict[str, Any]], listing: bool) -> list[Measure]:
    """What was let through, per dialect and profile, and which rules spoke."""
    judged, _ = judge(rows)
    total: Counter[tuple[str, str]] = Counter()
    through: Counter[tuple[str, str]] = Counter()
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for row, verdict, findings in judged:
        key = (row["dialect"], row["profile"])
        total[key] += 1
        reasons[row["cls"]][findings[0].name if findings else "-"] += 1
        if verdict is Verdict.PASS:
            through[key] += 1
            if listing:
                print(f"  through  {row['dialect']:<11}{row['cls']:<22}{row['sql'][:110]!r}")
    print(f"unsafe: {sum(through.values())} of {sum(total.values())} let through")
    told = [
        row for row, _, found in judged if {f.code for f in found} & set(RIGHT.get(row["cls"], "").split())
    ]
    print(f"  for the right reason: {len(told)} of {len(judged)} = {len(told) / len(judged):.1%}")
    for dialect in sorted({d for d, _ in total}):
        cells = (f"{p} {through[d, p]}/{n}" for (d, p), n in sorted(total.items()) if d == dialect)
        print(f"  {dialect:<11} {'  '.join(cells)}")
    if listing:
        for cls, names in sorted(reasons.items()):
            print(f"  {cls:<28} {', '.join(f'{n} {c}' for n, c in names.most_common(9))}")
    measures = []
    for profile in ("read", "scope", "cost", "write", "ambiguous"):
        passed = sum(count for (_, p), count in through.items() if p == profile)
        every = sum(count for (_, p), count in total.items() if p == profile)
        reason = UNTOLD if profile == "read" else ""
        measures.append(
            Measure(f"Unsafe let through, {profile}", "0", f"{passed} of {every}", not passed, reason)
        )
    share = len(told) / len(judged)
    measures.append(Measure("Unsafe refused for the right reason", ">= 95 %", f"{share:.1%}", share >= 0.95))
    return measures


def safe(rows: list[dict[str, Any]], listing: bool) -> list[Measure]:
    """What was refused, per group and dialect, and the time it took."""
    judge(rows[:200])  # Warm the caches, so that the times are those of a running gate.
    judged, times = judge(rows)
    total: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for row, verdict, findings in judged:
        total[row["group"]] += 1
        if verdict is not Verdict.PASS:
            refused[row["group"]] += 1
            if listing:
                why = "; ".join(f"{f.code} {f.message[:70]} <{f.quote[:40]!r}>" for f in findings[:3])
                print(f"  refused  {row['group']:<9}{row['dialect']:<10}{why}")
    print(f"safe: {sum(refused.values())} of {sum(total.values())} refused")
    for group, count in sorted(total.items()):
        print(f"  {group:<10} {refused[group]}/{count} = {refused[group] / count:.2%}")
    times.sort()
    median, p99, mean = times[len(times) // 2], times[int(len(times) * 0.99)], sum(times) / len(times)
    print(f"  median {median:.0f} µs  p99 {p99:.0f} µs  {1e6 / mean:,.0f}/s")
    measures = [
        Measure(f"Safe refused, {group}", f"<= {most:.1%}", f"{refused[group]} of {total[group]}", met)
        for group, most in ALLOWED.items()
        for met in (refused[group] <= most * total[group],)
    ]
    measures += [
        Measure("Full verdict, median", "<= 1.0 ms", f"{median / 1e3:.2f} ms", median <= 1e3),
        Measure("Full verdict, 99th percentile", "<= 10 ms", f"{p99 / 1e3:.1f} ms", p99 <= 1e4),
        Measure("Full verdict, rate on one core", ">= 1,000/s", f"{1e6 / mean:,.0f}/s", 1e6 / mean >= 1000),
    ]
    return [*measures, *over_parse([row for row in rows if row["group"] == "tpcds"])]


def over_parse(rows: list[dict[str, Any]]) -> list[Measure]:
    """How many times a bare parse of TPC-DS a verdict takes; each time is the best of three."""
    parse = sum(best(partial(sqlglot.parse, row["sql"], dialect=row["dialect"])) for row in rows)
    measures = []
    for second, which, why in (
        (False, "ours alone", "no part stands out; it would take the rules in compiled code"),
        (True, "with DuckDB's opinion", "DuckDB's own parse alone costs more than a bare parse"),
    ):
        examine = partial(examine_sql, second_opinion=second)
        verdict = sum(best(partial(examine, row["sql"], context_of(row))) for row in rows)
        factor = verdict / max(parse, 1e-9)
        print(
            f"  TPC-DS {which}: {verdict / len(rows) * 1e3:.2f} ms a query, {factor:.2f} times a bare parse"
        )
        measures.append(
            Measure(f"TPC-DS verdict over bare parse, {which}", "<= 1.6", f"{factor:.2f}", factor <= 1.6, why)
        )
    return measures


def best(work: Callable[[], object]) -> float:
    """Seconds of the best of three."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def cold() -> list[Measure]:
    """What one command costs in a process of its own; the median of seven."""
    command = [
        Path(sys.executable).parent / "governance",
        "check",
        "--sql",
        "select 1 from orders",
        "--dialect",
    ]
    measures = []
    for dialect in ("postgres", "duckdb"):
        times = []
        for _ in range(7):
            start = time.perf_counter()
            subprocess.run([*command, dialect], check=True, capture_output=True)
            times.append(time.perf_counter() - start)
        seconds = statistics.median(times)
        print(f"cold check --sql, {dialect}: {seconds:.2f} s")
        measures.append(
            Measure(f"Cold check --sql, {dialect}", "<= 0.3 s", f"{seconds:.2f} s", seconds <= 0.3)
        )
    return measures


def main(folder: str = "", *options: str) -> None:
    """Judge both files of the folder; says so when they are not there."""
    measures: list[Measure] = []
    for name, report in (("unsafe", unsafe), ("safe", safe)):
        if not (Path(folder) / f"{name}.jsonl").exists():
            print(f"{name}.jsonl is not in {folder or 'the folder given'}; nothing was measured")
            continue
        lines = (Path(folder) / f"{name}.jsonl").read_text("utf-8").splitlines()
        measures += report([json.loads(line) for line in lines], "--list" in options)
    note("sql", [*measures, *cold()])


if __name__ == "__main__":
    main(*sys.argv[1:])
