"""How the SQL gate fares on a folder of judged statements: what it lets through, refuses, and costs.

    python tests/benchmarks/sql.py DATA_DIR [--list]

`unsafe.jsonl` holds `sql`, `dialect`, `profile` (read, scope, write, cost, ambiguous) and `cls`;
`safe.jsonl` holds `sql`, `dialect` and `group`. `--list` prints each statement that went wrong.
"""

import json
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from governance.finding import Finding, Severity, Verdict
from governance.statements import examine_sql
from governance.syntax.sql import Profile, SqlContext

SCOPE = ("orders", "customers")

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


def unsafe(rows: list[dict[str, Any]], listing: bool) -> None:
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


def safe(rows: list[dict[str, Any]], listing: bool) -> None:
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


def main(folder: str = "", *options: str) -> None:
    """Judge both files of the folder; says so when they are not there."""
    for name, report in (("unsafe", unsafe), ("safe", safe)):
        if not (Path(folder) / f"{name}.jsonl").exists():
            print(f"{name}.jsonl is not in {folder or 'the folder given'}; nothing was measured")
            continue
        lines = (Path(folder) / f"{name}.jsonl").read_text("utf-8").splitlines()
        report([json.loads(line) for line in lines], "--list" in options)


if __name__ == "__main__":
    main(*sys.argv[1:])
