"""What a reviewer is told of a fault, at each stage of a dbt audit: struck workers, broken projects, no dbt.

    python -m tests.benchmarks.dbt_faults

The change itself passes. Workers are struck for real, at the moment they are asked for a stage: killed, late
or left without memory. Projects are broken in an ancestor of what the change touches, at head, at base or at
both. Packages are missing as if they had never been installed.
"""

import os
import sys
import tempfile
from itertools import product
from pathlib import Path

from governance.decision import Decision
from tests.benchmarks.reach import Measure, report
from tests.checks.broken import BROKEN, HARMLESS, MISSING, SIDES, broken, decided, faults, flaws, lacking
from tests.checks.test_dbt_faults import STAGES, STRIKES, judged, with_engine


def main() -> None:
    """Break everything that can break, and print what is decided and said."""
    wrong: dict[str, list[str]] = {"struck": [], "broken": [], "missing": []}
    count = dict.fromkeys(wrong, 0)

    def tell(group: str, what: str, decision: Decision) -> None:
        found = flaws(decision)
        first = next(iter(faults(decision)), decision.findings[0] if decision.findings else None)
        words = f"{first.code} {first.location}: {first.message}" if first else "nothing"
        print(f"{what:45} {decision.verdict!s:7} {words[:300]}", flush=True)
        wrong[group] += [f"{what}: {flaw}" for flaw in found]
        count[group] += 1

    with tempfile.TemporaryDirectory() as cache:
        for package in MISSING:
            for known in (None, Path(cache)) if package != "great_expectations" else (Path(cache),):
                with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as blocked:
                    with lacking(package, Path(blocked)):
                        decision = decided(with_engine(Path(folder)), known)
                    tell("missing", f"{package} missing{', base known' if known else ''}", decision)
        for how in STRIKES:
            os.environ["GOVERNANCE_RESIDENT"] = "" if how == "out of memory" else "1"
            for stage in STAGES:
                with tempfile.TemporaryDirectory() as folder:
                    tell("struck", f"{stage}, {how}", judged(Path(folder), stage, how, Path(cache)))
        os.environ["GOVERNANCE_RESIDENT"] = "1"
        for name, side in (pair for pair in product(BROKEN, SIDES) if pair not in HARMLESS):
            with tempfile.TemporaryDirectory() as folder:
                tell("broken", f"{name}, {side}", decided(broken(Path(folder), name, side), Path(cache)))
    report("dbt_faults", [
        Measure(what, "0", f"{len(wrong[group])} of {count[group]}", not wrong[group])
        for group, what in (
            ("struck", "crash, time-out, out of memory at each stage: pass or no clear message"),
            ("missing", "package missing: pass or no clear message"),
            ("broken", "broken project at head, base, both: pass or no clear message"),
        )
    ])  # fmt: skip
    told = [line for lines in wrong.values() for line in lines]
    if told:
        sys.exit("\n" + "\n".join(told))


if __name__ == "__main__":
    main()
