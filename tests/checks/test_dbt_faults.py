"""Whatever becomes of a worker, at whichever stage of a dbt audit: never a pass, and one clear message."""

import contextlib
import os
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from governance.adapters.process import OwnProcess
from governance.adapters.worker import Worker
from governance.changeset import ChangeSet
from governance.decision import Decision
from governance.finding import Verdict
from tests.checks.broken import (
    MORE,
    PARENT,
    PROJECT,
    SEED,
    broken,
    decided,
    faults,
    flaws,
    lacking,
)
from tests.checks.test_dbt_audit import SUITE

pytestmark = pytest.mark.dbt

STAGES = {
    "reading base": ("save", ""),
    "parsing head": ("state", ""),
    "rendering": ("render", ""),
    "building head": ("build", "head"),
    "building base": ("build", "base"),
    "comparing data": ("compare", ""),
    "trying tests": ("try", ""),
    "validating": ("validate", ""),
}
Strike = Callable[[Worker], None]


def _kill(worker: Worker) -> None:
    worker._process.end()


def _delay(worker: Worker) -> None:
    worker._deadline = time.monotonic() - 1


def _starve(worker: Worker) -> None:
    """Leave a running worker no more memory than it has."""
    assert isinstance(worker._process, OwnProcess)
    pid = worker._process._process.pid
    has = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.prlimit(pid, resource.RLIMIT_AS, (has, has))


STRIKES: dict[str, tuple[Strike, set[str]]] = {
    "killed": (_kill, {"GOV002"}),
    "late": (_delay, {"GOV003"}),
    "out of memory": (_starve, {"GOV002", "GOV023"}),  # as dbt tells it, where it still can,
}


@contextlib.contextmanager
def struck(stage: tuple[str, str], strike: Strike) -> Iterator[list[str]]:
    """Have every worker struck when it is asked for a stage; what is yielded tells whether one was."""
    begin, hit = Worker.begin, []

    def begin_and_strike(worker: Worker, operation: str, **arguments: Any) -> None:
        struck = (operation, arguments.get("side", "")) == stage
        if struck and strike is _starve:
            if worker.locks is None:
                worker._deadline = time.monotonic() + 60
                worker._started()
            strike(worker)
        begin(worker, operation, **arguments)
        if struck:
            hit.append(operation)
            if strike is not _starve:
                strike(worker)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "begin", begin_and_strike)
        yield hit


def judged(folder: Path, stage: str, how: str, cache: Path | None) -> Decision:
    """The decision on one change when its worker is struck."""
    changeset = broken(folder, "", "")
    with struck(STAGES[stage], STRIKES[how][0]) as hit:
        decision = decided(changeset, None if stage == "reading base" else cache)
    assert hit, f"nothing was asked at {stage}"
    return decision


def with_engine(folder: Path) -> ChangeSet:
    """The change, with an expectation that only Great Expectations itself can judge."""
    changeset = broken(folder, "", "")
    more = (
        b"  - {type: expect_column_kl_divergence_to_be_less_than, kwargs: {column: status, threshold: 9}}\n"
    )
    artifacts = []
    for artifact in changeset.artifacts:
        if artifact.path.endswith(SUITE):
            artifact = replace(artifact, content=(artifact.content or b"") + more)
            (folder / "head" / artifact.path).write_bytes(artifact.content or b"")
        artifacts.append(artifact)
    return replace(changeset, artifacts=tuple(artifacts))


@pytest.mark.parametrize(
    ("stage", "how"),
    [*((stage, "killed") for stage in STAGES), ("reading base", "late"), ("building head", "late")],
)
def test_a_worker_that_ends_at_any_stage_is_no_pass(
    tmp_path: Path, kept_bases: Path, stage: str, how: str
) -> None:
    _expect_one_message(judged(tmp_path, stage, how, kept_bases), how)


@pytest.mark.own_process
def test_a_worker_that_runs_out_of_memory_is_no_pass(tmp_path: Path, kept_bases: Path) -> None:
    _expect_one_message(judged(tmp_path, "building head", "out of memory", kept_bases), "out of memory")


def test_the_change_itself_passes(tmp_path: Path, kept_bases: Path) -> None:
    decision = decided(broken(tmp_path, "", ""), kept_bases)
    assert [j.finding.message for j in decision.judgements if j.verdict is not Verdict.PASS] == []


@pytest.mark.own_process
@pytest.mark.parametrize(("package", "extra"), [("dbt.adapters.duckdb", "dbt"), ("great_expectations", "gx")])
def test_a_package_that_is_not_installed_is_named_with_its_cure(
    tmp_path: Path, kept_bases: Path, package: str, extra: str
) -> None:
    (tmp_path / "without").mkdir()
    changeset = with_engine(tmp_path)
    with lacking(package, tmp_path / "without"):
        decision = decided(changeset, kept_bases)
    assert decision.verdict is Verdict.BLOCK
    (fault,) = faults(decision)
    assert fault.code == "GOV004"
    assert fault.message.endswith(f"{package} is not installed (pip install 'airflow-governance[{extra}]')")


TOLD = [  # what is broken, where, what the one message names, at which file
    ("models in a circle", "base", "in a circle: int_order_totals", PARENT),
    ("model not UTF-8", "both", "not UTF-8 text (byte", PARENT),
    ("project file without a name", "both", "'name' is a required property", PROJECT),
    ("template that raises when it runs", "head", "no such mode", PARENT),
    ("unit test that cannot run", "head", "unit test u does not build: ", MORE),
    ("seed with ragged lines", "head", "7 values", SEED),
]


@pytest.mark.parametrize(("name", "side", "words", "path"), TOLD, ids=[f"{t[0]}, {t[1]}" for t in TOLD])
def test_a_broken_project_is_told_in_one_message(
    tmp_path: Path, kept_bases: Path, name: str, side: str, words: str, path: str
) -> None:
    decision = decided(broken(tmp_path, name, side), kept_bases)
    assert flaws(decision) == []
    (fault,) = faults(decision)
    assert words in fault.message
    assert fault.location.path == f"dbt/shop/{path}"


def test_a_crash_of_the_audit_itself_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: Any) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr("governance.checks.dbt_audit.stale_nodes", crash)
    decision = decided(broken(tmp_path, "", ""), None)
    assert decision.verdict is Verdict.BLOCK
    assert [fault.message for fault in faults(decision)] == [
        "the audit could not run: RecursionError: too deep"
    ]


def _expect_one_message(decision: Decision, how: str) -> None:
    assert decision.verdict is not Verdict.PASS
    gravest = [j.finding for j in decision.judgements if j.verdict is decision.verdict]
    told = [finding for finding in gravest if finding.code != "GOV020"]  # which says the same of the output
    assert len(told) == 1, [finding.message for finding in gravest]
    assert told[0].code in STRIKES[how][1]
    assert flaws(decision) == []
