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

from governance.adapters.jail import Limits
from governance.adapters.process import OwnProcess
from governance.adapters.worker import Worker
from governance.changeset import ChangeSet
from governance.checks.dbt import dbt_checks
from governance.checks.dbt_audit import DbtOptions
from governance.decision import Decision
from governance.finding import Verdict
from governance.gate import evaluate
from governance.kind import kind_of
from governance.policy import Policy
from tests.checks.test_dbt_audit import ORDERS, SUITE, Edit, change

pytestmark = pytest.mark.dbt

CHANGE: dict[str, Edit] = {
    ORDERS: lambda text: text.replace("orders.order_id,", "orders.order_id, orders.order_id as number,", 1),
    "models/marts/marts.yml": lambda text: text.replace(
        "  - name: orders\n", "  - name: orders\n    data_tests: [{unique: {column_name: number}}]\n"
    ),
    SUITE: lambda text: (
        text + "  - type: expect_column_values_to_not_be_null\n    kwargs: {column: number}\n"
    ),
}
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


def _change(folder: Path) -> ChangeSet:
    made = change(folder, CHANGE)
    kinds = (kind_of(a.path, a.content, ["dbt/shop"]) for a in made.artifacts)
    return replace(made, artifacts=tuple(map(lambda a, kind: replace(a, kind=kind), made.artifacts, kinds)))


def judged(folder: Path, stage: str, how: str, cache: Path | None) -> Decision:
    """The decision on one change when its worker is struck."""
    changeset = _change(folder)
    strike, _ = STRIKES[how]
    with struck(STAGES[stage], strike) as hit:
        options = DbtOptions(cache=None if stage == "reading base" else cache, limits=Limits(seconds=60))
        decision = evaluate(changeset, dbt_checks(changeset, options), Policy())
    assert hit, f"nothing was asked at {stage}"
    return decision


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
    changeset = _change(tmp_path)
    decision = evaluate(changeset, dbt_checks(changeset, DbtOptions(cache=kept_bases)), Policy())
    assert [j.finding.message for j in decision.judgements if j.verdict is not Verdict.PASS] == []


def _expect_one_message(decision: Decision, how: str) -> None:
    assert decision.verdict is not Verdict.PASS
    gravest = [j.finding for j in decision.judgements if j.verdict is decision.verdict]
    told = [finding for finding in gravest if finding.code != "GOV020"]  # which says the same of the output
    assert len(told) == 1, [finding.message for finding in gravest]
    assert told[0].code in STRIKES[how][1]
    assert "\n" not in told[0].message
