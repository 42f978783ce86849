"""A million hostile texts: nothing raises, nothing takes a second, nothing passes that must not.

    python -m tests.benchmarks.sql_fuzz [DATA_DIR] [--inputs N] [--seed N] [--jobs N] [--only N]

Texts are made from a grammar, from fragments, bytes and bulk, and by mutating statements: the examples of
all rules, the tables of the tests, and DATA_DIR's `safe.jsonl` and `unsafe.jsonl`. What is checked of each
is said in `tests/fuzzing/`. A flaw is printed with its number; `--seed S --only NUMBER` makes it again.
"""

import argparse
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tests.benchmarks.reach import Measure, note
from tests.fuzzing.trial import KINDS, Trial, trial

BATCH = 500  # trials that go to a process at once
KEPT = 40  # flaws, slow texts and odd ones that are kept to be shown


@dataclass(slots=True)
class Tally:
    """What came of many trials; `flaws` and `odd` are the first of them, `slowest` seconds and number."""

    count: Counter[str] = field(default_factory=Counter)
    flaws: list[Trial] = field(default_factory=list)
    odd: list[Trial] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)
    memory: int = 0

    def take(self, one: Trial) -> None:
        """Count one trial."""
        self.count.update(inputs=1, passed=one.passed, odd=one.odd, flaws=bool(one.flaw))
        self.count[one.kind] += 1
        self.slowest = max(self.slowest, (one.seconds, one.number))
        if one.flaw:
            self.flaws.append(one)
        elif one.odd and len(self.odd) < 3:
            self.odd.append(one)

    def join(self, other: "Tally") -> None:
        """Count what another process counted."""
        self.count += other.count
        self.flaws = [*self.flaws, *other.flaws][:KEPT]
        self.odd = [*self.odd, *other.odd][:KEPT]
        self.slowest = max(self.slowest, other.slowest)
        self.memory = max(self.memory, other.memory)


def batch(start: int, seed: int, end: int, folder: str) -> Tally:
    """The trials from one number on, as many as a batch holds."""
    tally = Tally()
    for number in range(start, min(start + BATCH, end)):
        tally.take(trial(seed, number, folder))
    tally.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return tally


def run(folder: str, inputs: int, seed: int, jobs: int) -> Iterator[Tally]:
    """The tally so far, after each batch."""
    total = Tally()
    work = partial(batch, seed=seed, end=inputs, folder=folder)
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        for part in pool.map(work, range(0, inputs, BATCH)):
            total.join(part)
            yield total


def progress(tally: Tally, inputs: int, started: float) -> str:
    """One line: how far, how fast, how long still."""
    done, rate = tally.count["inputs"], tally.count["inputs"] / (time.monotonic() - started)
    left = (inputs - done) / rate
    return f"{done:,} of {inputs:,}  {rate:,.0f}/s  {left / 60:.0f} min left  {tally.count['flaws']} flaws  {tally.memory} MB"


def report(tally: Tally, seed: int, seconds: float) -> None:
    """What came of it, the flaws first."""
    count, (slowest, number) = tally.count, tally.slowest
    for one in tally.flaws:
        print(f"  flaw  {shown(one)}  {one.flaw}")
    for one in tally.odd[:5]:
        print(f"  odd   {shown(one)}")
    kinds = ", ".join(f"{count[kind]:,} {kind}" for kind in KINDS)
    print(f"fuzz: {count['inputs']:,} inputs with seed {seed} ({kinds}) in {seconds:,.0f} s")
    print(
        f"  {count['flaws']} flaws; {count['passed']:,} passed, and of these the engine itself refuses {count['odd']:,}"
    )
    print(f"  slowest {slowest:.2f} s of processor time (number {number}), {tally.memory} MB a process")


def measures(tally: Tally) -> list[Measure]:
    """What the table of all reaches says of it."""
    inputs, flaws, slowest = tally.count["inputs"], tally.count["flaws"], tally.slowest[0]
    return [
        Measure("Fuzz inputs", ">= 1,000,000", f"{inputs:,}", inputs >= 1_000_000),
        Measure("Fuzz: exceptions, slow ones, wrong passes", "0", str(flaws), not flaws),
        Measure("Fuzz: slowest, processor time", "< 1 s", f"{slowest:.2f} s", slowest < 1),
    ]


def shown(one: Trial) -> str:
    """Number, ground and text of a trial."""
    scope = "" if one.context.tables is None else f" tables={','.join(one.context.tables)}"
    return f"{one.number} {one.kind} {one.context.dialect} {one.context.profile}{scope}  {one.text[:240]!r}"


def main(arguments: list[str]) -> int:
    """Run the trials and print what came of them; 1 when there was a flaw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", default="")
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", type=int)
    asked = parser.parse_args(arguments)
    folder = (
        asked.folder if all(Path(asked.folder, f"{n}.jsonl").exists() for n in ("safe", "unsafe")) else ""
    )
    if asked.only is not None:
        one = trial(asked.seed, asked.only, folder)
        print(
            f"{shown(one)}\n  {one.seconds:.3f} s, {'passed' if one.passed else 'refused'}  {one.flaw}\n{one.text[:4000]}"
        )
        return int(bool(one.flaw))
    if not folder:
        print("no safe.jsonl and unsafe.jsonl; only the project's own statements are mutated")
    started, total = time.monotonic(), Tally()
    for number, total in enumerate(run(folder, asked.inputs, asked.seed, asked.jobs), 1):
        if sys.stderr.isatty() or number % 40 == 0:
            print(
                progress(total, asked.inputs, started),
                end="\r" if sys.stderr.isatty() else "\n",
                file=sys.stderr,
            )
    report(total, asked.seed, time.monotonic() - started)
    note("sql_fuzz", measures(total))
    return int(bool(total.count["flaws"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
