"""Attacks in Jinja and YAML beside innocent twins: does the first look at a dbt change hold what it must?

    python -m tests.benchmarks.dbt_attacks [-v]

The cases lie in `attacks/`, one table a class. A twin is a small edit of its attack and does what honest
engineers do. Nothing is rendered. An attack that only asks for a person's look is marked `review`: it
takes something away that a build or a test demanded, so rendering it does no harm.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from governance.artifact import Artifact
from governance.changeset import ChangeSet
from governance.checks.dbt_screen import holds, screen
from governance.finding import Finding, Severity
from governance.kind import kind_of
from governance.syntax.dbt import read_changes
from tests.benchmarks.reach import Measure, report

TABLES = Path(__file__).resolve().parent / "attacks"
_FILE = re.compile(
    r"^--- (\S+)(?: (before|attack|twin|worthless|honest|head))?( deleted)?( review)?\n", re.MULTILINE
)

Files = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Pair:
    """An attack and its twin, each as files of head over one base; `None` is a file that is deleted."""

    group: str
    name: str
    base: Files
    attack: Files
    twin: Files
    review: bool


@dataclass(slots=True)
class Count:
    """What became of the pairs of one class."""

    held: int = 0
    stopped: int = 0
    attacks: int = 0
    reviewed: int = 0
    reviews: int = 0
    blocked: int = 0
    looked_at: int = 0
    missed: list[str] = field(default_factory=list)

    def add(self, pair: Pair, attack: list[Finding], twin: list[Finding]) -> None:
        """Count one pair by the findings about both sides."""
        if pair.review:
            self.reviews += 1
            self.reviewed += _seen(attack)
        else:
            self.attacks += 1
            self.held += bool(holds(attack))
            self.stopped += _blocked(attack)
        self.blocked += _blocked(twin)
        self.looked_at += _seen(twin) and not _blocked(twin)
        self.missed += misses(pair, attack, twin)


def pairs(tables: Path = TABLES) -> Iterator[Pair]:
    """Every case of every table."""
    for file in sorted(tables.glob("*.txt")):
        if file.stem != "standing":
            for text in re.split(r"^=== ", file.read_text("utf-8"), flags=re.MULTILINE)[1:]:
                name, _, sections = text.partition("\n")
                yield _pair(file.stem, name, sections)


@cache
def standing(tables: Path = TABLES) -> dict[str, str]:
    """The project that every change is made in."""
    text = (tables / "standing.txt").read_text("utf-8")
    return {path: body for path, _, _, _, body in _sections(text)}


def judge(base: Files, head: Files) -> list[Finding]:
    """What the screen says about a change of the standing project, with the files where they would lie."""
    project = standing()
    with tempfile.TemporaryDirectory() as folder:
        for path, text in {**project, **base, **head}.items():
            if text is not None:
                file = Path(folder, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, "utf-8")
        artifacts = tuple(
            _artifact(path, text, base.get(path, project.get(path)))
            for path, text in head.items()
            if text != base.get(path, project.get(path))
        )
        return screen(read_changes(ChangeSet(artifacts, workdir=folder)))


def misses(pair: Pair, attack: list[Finding], twin: list[Finding]) -> list[str]:
    """What is wrong with the verdicts of a pair, in words; nothing when all is well."""
    stopped = _seen(attack) if pair.review else bool(holds(attack))
    told = [f"let through: {pair.group}: {pair.name} {_codes(attack)}"] if not stopped else []
    return told + ([f"twin blocked: {pair.group}: {pair.name} {_codes(twin)}"] if _blocked(twin) else [])


def main() -> None:
    """Judge every pair, and print what became of them by class."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="tell twins that a person must look at")
    verbose = parser.parse_args().verbose
    counts: dict[str, Count] = {}
    for pair in pairs():
        attack, twin = judge(pair.base, pair.attack), judge(pair.base, pair.twin)
        counts.setdefault(pair.group, Count()).add(pair, attack, twin)
        if verbose and _seen(twin):
            print(f"twin to be looked at: {pair.group}: {pair.name} {_codes(twin)}")
    missed = _report(counts)
    if missed:
        sys.exit("\n".join(missed))


def _report(counts: Mapping[str, Count]) -> list[str]:
    print(f"{'class':14}attacks  held  blocked  for review  reviewed  twins  blocked  looked at")
    for group, c in counts.items():
        print(
            f"{group:14}{c.attacks:7}{c.held:6}{c.stopped:9}{c.reviews:12}{c.reviewed:10}"
            f"{c.attacks + c.reviews:7}{c.blocked:9}{c.looked_at:11}"
        )
    attacks, held = sum(c.attacks for c in counts.values()), sum(c.held for c in counts.values())
    reviews, reviewed = sum(c.reviews for c in counts.values()), sum(c.reviewed for c in counts.values())
    twins, blocked = attacks + reviews, sum(c.blocked for c in counts.values())
    report("dbt_attacks", [
        Measure("attacks held before rendering", "all", f"{held} of {attacks}", held == attacks),
        Measure("losses put before a person", "all", f"{reviewed} of {reviews}", reviewed == reviews),
        Measure("innocent twins blocked", "0", f"{blocked} of {twins}", not blocked),
    ])  # fmt: skip
    return [line for c in counts.values() for line in c.missed]


def _seen(findings: list[Finding]) -> bool:
    return any(finding.severity >= Severity.MEDIUM for finding in findings)


def _blocked(findings: list[Finding]) -> bool:
    return any(finding.severity >= Severity.HIGH for finding in findings)


def _codes(findings: list[Finding]) -> str:
    return ", ".join(sorted({f"{f.code} {f.severity.name.lower()}" for f in findings})) or "nothing found"


def _pair(group: str, name: str, text: str) -> Pair:
    base: dict[str, str | None] = {}
    attack: dict[str, str | None] = {}
    twin: dict[str, str | None] = {}
    review = False
    for path, state, deleted, marked, body in _sections(text):
        review |= marked
        one, other = (attack,), (twin,)
        named = {"before": (base,), "attack": one, "worthless": one, "twin": other, "honest": other}
        sides = named.get(state, (attack, twin))
        for side in sides:
            side[path] = None if deleted else body
    return Pair(group, name, base, attack, twin, review)


def _sections(text: str) -> Iterator[tuple[str, str, bool, bool, str]]:
    found = list(_FILE.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    for match, end in zip(found, ends, strict=True):
        path, state, deleted, marked = match.groups()
        yield path, state or "", bool(deleted), bool(marked), text[match.end() : end].strip("\n") + "\n"


def _artifact(path: str, text: str | None, before: str | None) -> Artifact:
    content, base = (None if side is None else side.encode() for side in (text, before))
    return Artifact(path, kind_of(path, content if content is not None else base, {""}), content, base)


if __name__ == "__main__":
    main()
