"""How long a reviewer waits for the full audit of one changed model of the demo project, warm.

    python -m tests.benchmarks.dbt_audit [--changes N]

Screened, parsed, rendered, built with what is below it and tested on both sides, data compared,
expectations judged: by the command line as a user runs it, beside a resident process of this run.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from tests.benchmarks.dbt_large import branch, environment, judge, start_repository
from tests.benchmarks.reach import Measure, report

SHOP = Path(__file__).resolve().parents[2] / "dags" / "dbt" / "corner_shop"
MODELS = ("marts/orders", "marts/customers", "marts/daily_sales", "marts/products", "staging/stg_orders")


def main() -> None:
    """Change one model after another, and time the verdicts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--changes", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, environment(Path(folder)) as variables:
        repository = Path(folder) / "repository"
        shutil.copytree(SHOP, repository, ignore=shutil.ignore_patterns("target", "logs", "*.duckdb"))
        start_repository(repository, "{}\n")
        branches = []
        for number in range(asked.changes):
            file = f"models/{MODELS[number % len(MODELS)]}.sql"
            text = (repository / file).read_text()
            changed = text.replace("\nfrom ", f",\n    {number} as one_more\nfrom ", 1)
            branches.append(branch(repository, f"change-{number}", file, changed))
        cold, _ = judge(repository, branches[0], variables)
        variables["GOVERNANCE_RESIDENT"] = "1"
        judge(repository, branches[0], variables)
        time.sleep(20)  # the resident imports dbt and builds a small project
        warm = sorted(judge(repository, name, variables)[0] for name in branches)
    median, late = warm[len(warm) // 2], warm[int(len(warm) * 0.95)]
    print(f"full audit of the demo project: {cold:.1f} s the first time; warm, median {median:.2f} s")
    report("dbt_audit", [
        Measure("full audit of one model, demo project, warm, 95th percentile", "<= 3 s", f"{late:.2f} s",
                late <= 3),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
