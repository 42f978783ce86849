"""Worthless checks beside honest ones: are tests, unit tests and expectations of an agent judged too?

    python -m tests.benchmarks.dbt_checks [-v]

The cases lie in `checks/`, one table a class, in the form of `attacks/`; `{m}` stands for a model of the
case's own. All cases of a table are made in one change of one project, once worthless and once honest, which
a real dbt builds and whose checks are tried on damaged data.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from governance.adapters.checkout import FolderTree
from governance.artifact import Artifact
from governance.changeset import ChangeSet
from governance.checks.dbt import dbt_checks
from governance.checks.dbt_audit import DbtOptions
from governance.checks.dbt_screen import screen
from governance.finding import Finding, Severity
from governance.kind import kind_of
from governance.syntax.dbt import read_changes
from tests.benchmarks.dbt_attacks import Files, Pair, pairs, standing
from tests.benchmarks.reach import Measure, report

TABLES = Path(__file__).resolve().parent / "checks"
ABOUT_CHECKS = ("DBT016", "DBT017", "DBT018", "DBT027", "DBT043", "DBT045", "DBT046", "GOV021", "GOV022")
"""What is said of a check, and not of the model or the data that it is about."""
FAILED = ("DBT040", "EXP001", "GOV002", "GOV003", "GOV023")
"""What no case is meant to run into: then the case itself is wrong."""


@dataclass(slots=True)
class Count:
    """What became of the pairs of one table."""

    worthless: int = 0
    told: int = 0
    honest: int = 0
    held: int = 0
    missed: list[str] = field(default_factory=list)


def judged(cases: list[Pair], side: str) -> dict[str, list[Finding]]:
    """The findings about each of some cases, by the model of the case, all made in one change."""
    with tempfile.TemporaryDirectory() as folder:
        base, head = Path(folder, "base"), Path(folder, "head")
        before = dict(standing(TABLES))
        for number, case in enumerate(cases):
            before |= _named(case.base, number)
        now: dict[str, str | None] = {}
        for number, case in enumerate(cases):
            now |= _named(case.attack if side == "worthless" else case.twin, number)
        _write(base, before)
        _write(head, before | now)
        artifacts = tuple(_artifact(path, text, before.get(path)) for path, text in now.items())
        changeset = ChangeSet(artifacts, workdir=str(head), base=FolderTree(base))
        looked = screen(read_changes(changeset))
        options = DbtOptions(accepted=frozenset(f.fingerprint for f in looked))
        findings = [f for check in dbt_checks(changeset, options) for f in check.run(changeset).findings]
    return {
        _model(number): [f for f in findings if _model(number) in f"{f.location.path} {f.quote}"]
        for number in range(len(cases))
    } | {"": [f for f in findings if f.code in FAILED]}


def misses(
    cases: list[Pair], worthless: Mapping[str, list[Finding]], honest: Mapping[str, list[Finding]]
) -> Iterator[str]:
    """What is wrong with the verdicts of a table, in words."""
    for number, case in enumerate(cases):
        if not told(worthless[_model(number)]):
            yield f"not told: {case.group}: {case.name} {_codes(worthless[_model(number)])}"
        if found := told(honest[_model(number)]):
            yield f"honest, and held: {case.group}: {case.name} {_codes(found)}"
    yield from (f"honest case fails: {f.code} {f.message}" for f in honest[""])


def told(findings: list[Finding]) -> list[Finding]:
    """Those findings about checks that a person has to look at."""
    return [f for f in findings if f.code in ABOUT_CHECKS and f.severity >= Severity.MEDIUM]


def tables() -> Iterator[tuple[str, list[Pair]]]:
    """Each table with its cases."""
    for group, cases in groupby(pairs(TABLES), key=lambda case: case.group):
        yield group, list(cases)


def main() -> None:
    """Judge every table on both sides, and print what is told and what is held."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="print every finding about a check")
    verbose = parser.parse_args().verbose
    os.environ["GOVERNANCE_RESIDENT"] = "1"
    told_of, held, count, missed = 0, 0, 0, []
    print(f"{'class':14}pairs  worthless, told  honest, held")
    for group, cases in tables():
        worthless, honest = judged(cases, "worthless"), judged(cases, "honest")
        seen = sum(bool(told(worthless[_model(number)])) for number in range(len(cases)))
        stopped = sum(bool(told(honest[_model(number)])) for number in range(len(cases)))
        print(f"{group:14}{len(cases):5}{seen:17}{stopped:14}")
        told_of, held, count = told_of + seen, held + stopped, count + len(cases)
        missed += misses(cases, worthless, honest)
        if verbose:
            _print(cases, worthless, honest)
    report("dbt_checks", [
        Measure("worthless checks told", "all", f"{told_of} of {count}", told_of == count),
        Measure("honest checks put before a person", "0", f"{held} of {count}", not held),
    ])  # fmt: skip
    if missed:
        sys.exit("\n" + "\n".join(missed))


def _print(
    cases: list[Pair], worthless: Mapping[str, list[Finding]], honest: Mapping[str, list[Finding]]
) -> None:
    for number, case in enumerate(cases):
        for side, findings in (("worthless", worthless), ("honest", honest)):
            for found in findings[_model(number)]:
                if found.code in ABOUT_CHECKS:
                    print(f"  {side}: {case.name}: {found.severity} {found.code} {found.message}")


def _model(number: int) -> str:
    return f"case_{number:02}_"


def _named(files: Files, number: int) -> dict[str, str | None]:
    """The files of a case with its model's name."""
    name = _model(number)
    return {path.replace("{m}", name): text and text.replace("{m}", name) for path, text in files.items()}


def _write(folder: Path, files: Files) -> None:
    for path, text in files.items():
        if text is not None:
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")


def _artifact(path: str, text: str | None, before: str | None) -> Artifact:
    content, base = (None if side is None else side.encode() for side in (text, before))
    return Artifact(path, kind_of(path, content if content is not None else base, {""}), content, base)


def _codes(findings: list[Finding]) -> str:
    return ", ".join(sorted({f"{f.code} {f.severity}" for f in findings})) or "nothing found"


if __name__ == "__main__":
    main()
