"""Does the dbt gate tell a breaking change from a harmless one? Seeded changes, judged beside DuckDB itself.

    python -m tests.benchmarks.dbt_mutations [--rounds N] [--show KIND]

Each change alters one model of a project. The gate says from the SQL alone what class the change is of;
DuckDB builds the model and all below it on both sides, on several sets of data, and so knows.
"""

import argparse
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from governance.syntax.dbt.column_change import change_class
from governance.syntax.dbt.graph import Graph
from governance.syntax.dbt.impact import column_impacts
from governance.syntax.dbt.outputs import Outputs
from tests.benchmarks.mutants.changes import BAD, CHANGES, mutate
from tests.benchmarks.mutants.oracle import Oracle
from tests.benchmarks.mutants.projects import corner_shop, generated
from tests.benchmarks.reach import Measure, report

PROJECTS: dict[str, Callable[[], Graph]] = {
    "corner shop": corner_shop,
    "24 models": lambda: generated(1, 24),
    "40 models": lambda: generated(2, 40),
    "60 models": lambda: generated(3, 60),
}
CLASSES = ("none", "additive", "semantic", "breaking", "unknown")


@dataclass(frozen=True, slots=True)
class Case:
    """One change: of which kind, where, what it really does, and what the gate says."""

    kind: str
    project: str
    model: str
    before: str
    after: str
    truth: str
    said: str


def cases(
    projects: dict[str, Callable[[], Graph]], rounds: int, seed: int, data: tuple[int, ...] = (1, 2, 3)
) -> Iterator[Case]:
    """Every kind of change on `rounds` models of each project, as far as it applies."""
    for name, make in projects.items():
        base = make()
        oracle = Oracle(base, data)
        models = [key for key in base.order if base.nodes[key].kind == "model"]
        for kind in CHANGES:
            chance = random.Random(f"{seed} {name} {kind}")
            tried = chance.sample(models, len(models))
            changed = ((key, mutate(kind, base.nodes[key].sql, chance)) for key in tried)
            made = 0
            for key, sql in changed:
                if sql is None:
                    continue
                node = base.nodes[key]
                head = Graph({**base.nodes, key: replace(node, sql=sql)})
                truth = oracle.judge(key, head)
                if truth:
                    said = change_class(column_impacts(Outputs(base, "duckdb"), head, [key])).value
                    yield Case(kind, name, key, node.sql, sql, truth, said)
                    made += 1
                if made == rounds:
                    break


def by_kind(found: list[Case]) -> str:
    """For each kind of change how often each class was true, and how often the gate said less or more."""
    rows = defaultdict(list)
    for case in found:
        rows[case.kind].append(case)
    lines = [
        f"{'change':24} {'made':>5}  {'none':>5} {'add.':>5} {'sem.':>5} {'break':>5}  {'less':>5} {'more':>5} {'unkn.':>5}"
    ]
    for kind in CHANGES:
        if rows[kind]:
            truths = Counter(case.truth for case in rows[kind])
            errors = Counter(error(case) for case in rows[kind])
            counts = " ".join(f"{truths[c]:5}" for c in CLASSES[:4])
            wrong = " ".join(f"{errors[e]:5}" for e in ("less", "more", "unknown"))
            lines.append(f"{kind:24} {len(rows[kind]):5}  {counts}  {wrong}")
        if kind == list(BAD)[-1]:
            lines.append("")
    return "\n".join(lines)


def error(case: Case) -> str:
    """Whether the gate said less than is true (a wrong pass), more (a needless review), or did not know."""
    if case.said == "unknown":
        return "unknown"
    said, truth = CLASSES.index(case.said), CLASSES.index(case.truth)
    return "less" if said < truth else "more" if said > truth else ""


def measures(found: list[Case]) -> list[Measure]:
    """What must be reached."""
    breaking = [case for case in found if case.truth == "breaking"]
    called = [case for case in found if case.said == "breaking"]
    semantic = [case for case in found if case.truth == "semantic"]
    harmless = [case for case in found if case.kind not in BAD and case.truth in ("none", "additive")]
    return [
        _share(
            "breaking changes called breaking or unknown",
            breaking,
            lambda c: c.said in ("breaking", "unknown"),
            1.0,
        ),
        _share("changes called breaking that are", called, lambda c: c.truth == "breaking", 0.95),
        _share(
            "changes of which the class is not known", found, lambda c: c.said == "unknown", 0.03, most=True
        ),
        _share("semantic changes called semantic or more", semantic, lambda c: error(c) != "less", 1.0),
        _share("harmless rewrites called harmless", harmless, lambda c: c.said in ("none", "additive"), 0.95),
    ]


def _share(
    what: str, of: list[Case], holds: Callable[[Case], bool], reach: float, most: bool = False
) -> Measure:
    number = sum(map(holds, of))
    share = number / max(len(of), 1)
    met = bool(of) and (share <= reach if most else share >= reach)
    return Measure(
        what, f"{'<=' if most else '>='} {reach:.0%}", f"{number:,} of {len(of):,} ({share:.1%})", met
    )


def main() -> None:
    """Make the changes, judge them both ways, print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=8, help="changes of each kind in each project")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--show", default="", help="also print the wrong cases: `less`, `more`, `unknown`")
    chosen = parser.parse_args()
    start = time.perf_counter()
    found = []
    for case in cases(PROJECTS, chosen.rounds, chosen.seed):
        found.append(case)
        if sys.stderr.isatty():
            print(f"\r{len(found)} changes", end="", file=sys.stderr, flush=True)
        if chosen.show and error(case) == chosen.show:
            print(
                f"\n## {case.kind} · {case.model}: {case.truth}, said {case.said}\n{case.before}\n--\n{case.after}"
            )
    print(
        f"\n\n{by_kind(found)}\n\n{len(found):,} changes of {len(PROJECTS)} projects, {time.perf_counter() - start:.0f} s\n"
    )
    report("dbt_mutations", measures(found))


if __name__ == "__main__":
    main()
