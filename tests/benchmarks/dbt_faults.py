"""What a reviewer is told when a worker is killed, late or out of memory, at each stage of a dbt audit.

    python -m tests.benchmarks.dbt_faults

The change itself passes. Workers are struck for real, at the moment they are asked for a stage.
"""

import tempfile
from pathlib import Path

from governance.finding import Verdict
from tests.benchmarks.reach import Measure, report
from tests.checks.test_dbt_faults import STAGES, STRIKES, judged


def main() -> None:
    """Strike at each stage in each way, and print what is decided and said."""
    wrong, count = 0, 0
    with tempfile.TemporaryDirectory() as cache:
        for stage in STAGES:
            for how in STRIKES:
                with tempfile.TemporaryDirectory() as folder:
                    decision = judged(Path(folder), stage, how, Path(cache))
                count += 1
                wrong += decision.verdict is Verdict.PASS
                gravest = decision.judgements[0].finding
                print(f"{stage:15} {how:14} {decision.verdict!s:7} {gravest.code} {gravest.message}")
    report("dbt_faults", [
        Measure("crash, time-out, out of memory at each stage: passes", "0", f"{wrong} of {count}", not wrong)
    ])  # fmt: skip


if __name__ == "__main__":
    main()
