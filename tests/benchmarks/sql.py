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
