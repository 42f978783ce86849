"""How long a reviewer waits for the static verdict on one changed model of a project of thousands.

    python -m tests.benchmarks.dbt_large [--models N] [--changes N]

Each change is a commit of its own, judged by the command line as a user would run it: cold, with base
known but nothing running, and warm, beside a resident process. The resident is one of this run.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.big_project import Model, write_project
from tests.benchmarks.reach import Measure, report

COMMAND = (sys.executable, "-m", "governance.cli", "check", "--by-hand")
POLICY = "dbt: {build: false, timeout: 600}\n"


def main() -> None:
    """Write a project, let the gate read its base, change it, and time the verdicts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", type=int, default=2500)
    parser.add_argument("--changes", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, environment(Path(folder)) as variables:
        repository = Path(folder) / "repository"
        models = write_project(repository, asked.models)
        branches = list(_branches(repository, models, asked.changes))
        first, most = judge(repository, branches[0], variables)
        print(f"{len(models):,} models; the first look at base took {first:.0f} s and {most:.0f} MB")
        alone = [judge(repository, name, variables) for name in branches[:3]]
        cold, memory = max(seconds for seconds, _ in alone), max(size for _, size in alone)
        variables["GOVERNANCE_RESIDENT"] = "1"
        judge(repository, branches[0], variables)
        time.sleep(15)  # the resident imports dbt
        warm = sorted(judge(repository, name, variables)[0] for name in branches)
    late = warm[int(len(warm) * 0.95)]
    print(f"warm: median {warm[len(warm) // 2]:.2f} s of {len(warm)} changes")
    report("dbt_large", [
        Measure("one model of 2,500, warm, 95th percentile", "<= 2 s", f"{late:.2f} s", late <= 2),
        Measure("the same, cold, worst of three", "<= 10 s", f"{cold:.1f} s", cold <= 10),
        Measure("memory of the largest process, cold", "<= 400 MB", f"{memory:.0f} MB", memory <= 400),
    ])  # fmt: skip


def _branches(repository: Path, models: list[Model], count: int) -> Iterator[str]:
    """A branch for each change: another filter, a column more, or another join in one model."""
    start_repository(repository, POLICY)
    chance = random.Random(5)
    for number, model in enumerate(chance.sample([m for m in models if "/" in m.folder], count)):
        yield branch(repository, f"change-{number}", model.path, _changed(model.sql, number))


def start_repository(folder: Path, policy: str) -> None:
    """A git repository of what lies in a folder, with a policy beside it."""
    _git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "policy.yml").write_text(policy)
    _commit(folder)


def branch(repository: Path, name: str, file: str, text: str) -> str:
    """A branch off main with another text in one file; its name."""
    _git(repository, "checkout", "--quiet", "-B", name, "main")
    (repository / file).write_text(text)
    _commit(repository)
    return name


def _changed(sql: str, number: int) -> str:
    if number % 2 and "is not null" in sql:
        return sql.replace("is not null", "> 0")
    if "select\n" in sql:
        return sql.replace("select\n", "select\n    1 as added_column,\n", 1)
    return sql.replace("\njoin ", "\nleft join ")


def judge(repository: Path, branch: str, environment: Mapping[str, str]) -> tuple[float, float]:
    """Seconds until the verdict, and megabytes of the largest process; none may be undecided."""
    _git(repository, "checkout", "--quiet", branch)
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [*COMMAND, "--policy", "policy.yml", "--base", "main", "--head", branch],
            cwd=repository,
            env=environment,
            stdout=said,
            stderr=said,
        )
        _, status, used = os.wait4(process.pid, 0)
        took = time.perf_counter() - start
        said.seek(0)
        text = said.read()
    if os.waitstatus_to_exitcode(status) == 2 or "GOV00" in text:
        sys.exit(f"{branch} was not judged:\n{text}")
    return took, used.ru_maxrss / 1024


@contextmanager
def environment(folder: Path) -> Iterator[dict[str, str]]:
    """Caches and a resident of this run alone, which ends with it."""
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    given = {"GOVERNANCE_CACHE": str(folder / "bases"), "XDG_RUNTIME_DIR": str(runtime)}
    left_out = ("GOVERNANCE_RESIDENT", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    try:
        yield kept | given | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    finally:
        for lock in runtime.rglob("*.lock"):
            if told := lock.read_text().strip():
                subprocess.run(["kill", told], capture_output=True)


def _commit(repository: Path) -> None:
    _git(repository, "add", "--all")
    _git(repository, "-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "--quiet", "-m", "change")


def _git(repository: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(repository), *arguments], check=True, capture_output=True)


if __name__ == "__main__":
    main()
