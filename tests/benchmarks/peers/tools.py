"""Our gate and three peers, each called as its own documentation says."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.benchmarks.peers.shop import Ran, Shop, run

Words = list[str | Path]
ROOT = Path(__file__).resolve().parents[3]
CONVENTIONS = r"""
manifest_checks:
  - name: check_model_code_does_not_contain_regexp_pattern
    description: Models run no statements of their own and hang none behind the build.
    regexp_pattern: '.*(run_query|call\s+statement|adapter\s*\.|pre_hook|post_hook).*'
  - name: check_macro_code_does_not_contain_regexp_pattern
    description: Macros run no statements.
    regexp_pattern: '.*(run_query|call\s+statement|adapter\s*\.).*'
  - name: check_model_does_not_use_cartesian_join
  - name: check_model_hard_coded_references
  - name: check_model_has_unique_test
  - name: check_model_description_populated
"""


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict in a word, why, the seconds it took, and those that dbt took for its inputs."""

    verdict: str
    why: str
    seconds: float = 0.0
    inputs: float = 0.0


def gate(shop: Shop, branch: str, cache: Path) -> Said:
    """Our own gate on a branch of a repository, with the policy that it has by itself."""
    command = [sys.executable, "-m", "governance.cli", "check", "--by-hand", "--base", "main"]
    given = shop.environment | {"GOVERNANCE_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    done = run([*command, "--head", branch, "--format", "json"], shop.checkout, given)
    verdict = {0: "pass", 1: "block", 3: "review"}.get(done.status)
    if verdict is None:
        return Said("failed", done.last, done.seconds)
    codes = [f"{finding['code']} {finding['name']}" for finding in json.loads(done.out)["findings"]]
    verdict = "noted" if codes and verdict == "pass" else verdict
    return Said(verdict, ", ".join(dict.fromkeys(codes)), done.seconds)


def _dbt_guard(program: Path, base: Shop, head: Shop) -> Said:
    command: Words = [program, "diff", "--base", base.target, "--current", head.target, "--dialect", "duckdb"]
    wide: Words = ["--include-sources", "--include-exposures", "--column-lineage", "--format", "json"]
    done = run([*command, *wide], head.project, {})
    if done.status not in (0, 1):
        return Said("failed", done.last, done.seconds)
    breaks = json.loads(done.out)["breaking_changes"]
    return Said("block" if done.status else "pass", ", ".join(map(_words, breaks)), done.seconds)


def _parrant(program: Path, base: Shop, head: Shop) -> Said:
    of_head: Words = ["--manifest", head.target / "manifest.json", "--catalog", head.target / "catalog.json"]
    manifest, catalog = base.target / "manifest.json", base.target / "catalog.json"
    of_base: Words = ["--base-manifest", manifest, "--base-catalog", catalog, "--format", "json"]
    done = run([program, "impact", *of_head, *of_base], head.project, {})
    if done.status:
        return Said("failed", done.last, done.seconds)
    report = json.loads(done.out)
    verdict = "pass" if report["verdict"] == "safe" else report["verdict"]
    return Said(verdict, ", ".join(map(_words, report["by_change"])), done.seconds)


def _dbt_bouncer(program: Path, base: Shop, head: Shop) -> Said:
    (head.project / "dbt-bouncer.yml").write_text(CONVENTIONS, "utf-8")
    results = head.project / "results.json"
    kept: Words = ["--output-file", results, "--output-format", "json", "--output-only-failures"]
    done = run([program, "run", "--state", base.target, *kept], head.project, {})
    if done.status not in (0, 1):
        return Said("failed", done.last, done.seconds)
    failed = [row["check_run_id"] for row in json.loads(results.read_text("utf-8"))]
    return Said("block" if done.status else "pass", ", ".join(failed), done.seconds)


def _words(told: dict[str, object]) -> str:
    """A changed column in the words of the peer."""
    names = ("model", "column", "type", "kind", "semantic")
    return " ".join(str(told[name]) for name in names if told.get(name))


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer from the package index, the dbt commands that make its inputs, and how it is asked."""

    name: str
    version: str
    steps: tuple[tuple[str, ...], ...]
    ask: Callable[[Path, Shop, Shop], Said]

    def install(self, environments: Path) -> Path | str:
        """Its program in a virtual environment of its own, or why there is none."""
        folder = environments / f"{self.name}-{self.version}"
        program = folder / "bin" / self.name
        if program.exists():
            return program
        made = run([sys.executable, "-m", "venv", folder], environments, {})
        if not made.status:
            pip: Words = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
            made = run([*pip, f"{self.name}=={self.version}"], environments, {})
        return program if program.exists() else f"not installed: {made.last}"

    def prepare(self, shop: Shop) -> Ran:
        """The dbt commands that its users run first; the last one that ran, and the time of all."""
        seconds = 0.0
        for step in self.steps:
            done = shop.dbt(*step)
            seconds += done.seconds
            if done.status:
                break
        return Ran(done.status, done.out, done.err, seconds)

    def judge(self, program: Path, base: Shop, head: Shop) -> Said:
        """Make the inputs of a head, then ask."""
        made = self.prepare(head)
        if made.status:
            return Said("failed", f"its inputs: {made.last}", 0.0, made.seconds)
        try:
            said = self.ask(program, base, head)
        except (ValueError, KeyError, OSError) as error:  # it crashed: no report, or not the one it promises
            said = Said("failed", f"no report: {error!r}")
        return replace(said, inputs=made.seconds)


PEERS = (
    Peer("dbt-guard", "0.3.0", (("compile",),), _dbt_guard),
    Peer("parrant", "0.21.1", (("compile",), ("docs", "generate")), _parrant),
    Peer("dbt-bouncer", "4.3.0", (("parse",),), _dbt_bouncer),
)
