"""A checkout of the shop with its own warehouse, and the tripwires in it."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.benchmarks.peers.changes import git

TABLES = ("audited_payments", "audited_refunds")
QUIET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1", "NO_COLOR": "1"}
TIMEOUT = 300


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended, what it said, and how long it took."""

    status: int
    out: str
    err: str
    seconds: float

    @property
    def last(self) -> str:
        """The last line that it said, for a reason."""
        said = self.out.strip() or self.err.strip() or "nothing said"
        return said.splitlines()[-1].strip()


def run(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> Ran:
    """Run a program to its end, or for five minutes."""
    start = time.perf_counter()
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GOVERNANCE_", "GITHUB_"))
    }
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env={**kept, **QUIET, **environment},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        return Ran(124, "", f"no end within {TIMEOUT} s", time.perf_counter() - start)
    return Ran(done.returncode, done.stdout, done.stderr, time.perf_counter() - start)


@dataclass(frozen=True, slots=True)
class Shop:
    """A checkout, its warehouse, and the file that only the hidden query writes."""

    checkout: Path
    warehouse: Path
    witness: Path

    @property
    def project(self) -> Path:
        return self.checkout / "shop"

    @property
    def target(self) -> Path:
        return self.project / "target"

    @property
    def environment(self) -> dict[str, str]:
        return {"CORNER_SHOP_WAREHOUSE": str(self.warehouse)}

    def dbt(self, *arguments: str) -> Ran:
        """One dbt command of this program's own environment, on the project."""
        dbt = Path(sys.executable).with_name("dbt")
        return run([dbt, "--quiet", *arguments, "--profiles-dir", "."], self.project, self.environment)

    def sprung(self) -> list[str]:
        """What of the hidden change has run."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            names = connection.execute("select table_name from information_schema.tables").fetchall()
        gone = [f"{table} dropped" for table in TABLES if (table,) not in names]
        return gone + (["file written"] if self.witness.exists() else [])


def check_out(repository: Path, branch: str, folder: Path, built: Path, witness: Path) -> Shop:
    """A fresh clone of a branch beside a copy of the built warehouse, tripwires whole."""
    git(repository, "clone", "--quiet", "--branch", branch, ".", str(folder / "checkout"))
    witness.unlink(missing_ok=True)
    warehouse = folder / "shop.duckdb"
    if built != warehouse and built.exists():
        shutil.copy(built, warehouse)
    return Shop(folder / "checkout", warehouse, witness)


def build(repository: Path, folder: Path, witness: Path) -> Path:
    """The warehouse as it runs: all models of `main`, and two tables that are not dbt's."""
    warehouse = folder / "shop.duckdb"
    done = check_out(repository, "main", folder, warehouse, witness).dbt("build")
    if done.status:
        sys.exit(f"main does not build: {done.last}")
    with duckdb.connect(str(warehouse)) as connection:
        for table in TABLES:
            connection.execute(f"create table main.{table} as select 1 as id")
    return warehouse
