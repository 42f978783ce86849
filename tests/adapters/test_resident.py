"""The resident process: what it gives a worker, and that nothing passes for an answer when it breaks."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from governance.adapters import resident as residence
from governance.adapters.jail import Limits
from governance.adapters.worker import Worker, WorkerFailed
from tests.adapters.conftest import WORKERS, pid_of

PROBE = WORKERS[0]


def parent_of(worker: Worker) -> int:
    """The process that has started a worker."""
    return int(str(worker.ask("attempt", what="parent")["outcome"]))


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def gone(process: int) -> bool:
    try:
        return "Z" in Path(f"/proc/{process}/stat").read_text().split()[2]
    except OSError:
        return True


def test_a_worker_is_a_fork_of_the_resident(resident: Path, tmp_path: Path) -> None:
    with Worker(PROBE, tmp_path) as worker:
        assert parent_of(worker) == pid_of(resident)


def test_a_fork_orders_sets_as_a_fresh_worker_does(
    resident: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Worker(PROBE, tmp_path / "forked") as worker:
        assert parent_of(worker) == pid_of(resident)
        forked = worker.ask("attempt", what="order")
    monkeypatch.delenv(residence.VARIABLE)
    with Worker(PROBE, tmp_path / "fresh") as worker:
        assert worker.ask("attempt", what="order") == forked


def test_nobody_is_asked_unless_it_is_switched_on(
    resident: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(residence.VARIABLE)
    with Worker(PROBE, tmp_path) as worker:
        assert parent_of(worker) == os.getpid()


def test_only_known_workers_are_forked(resident: Path, tmp_path: Path) -> None:
    place = next(resident.glob("*.socket"))
    asked = {"module": "antigravity", "options": "{}", "scratch": str(tmp_path), "environment": {}}
    with socket.socket(socket.AF_UNIX) as connection, open(os.devnull) as nothing:
        connection.connect(str(place))
        socket.send_fds(connection, [json.dumps(asked).encode() + b"\n"], [nothing.fileno()] * 3)
        connection.settimeout(10)
        assert connection.recv(100) == b""


@pytest.mark.parametrize("sent", [b"", b"not json\n", b"[]\n", b"{}\n", b"x" * 100_000])
def test_nonsense_does_not_end_it(resident: Path, tmp_path: Path, sent: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(next(resident.glob("*.socket"))))
        connection.sendall(sent)
    with Worker(PROBE, tmp_path) as worker:
        assert parent_of(worker) == pid_of(resident)


def test_its_folder_is_closed_to_others(resident: Path) -> None:
    assert resident.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("fault", ["open to others", "a link"])
def test_a_folder_that_others_may_have_made_is_not_trusted(
    resident: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    if fault == "a link":
        moved = resident.rename(resident.with_name("elsewhere"))
        resident.symlink_to(moved)
    else:
        resident.chmod(0o755)
    with Worker(PROBE, tmp_path) as worker:
        assert parent_of(worker) == os.getpid()


def test_when_the_resident_dies_so_do_its_workers_and_that_is_no_answer(
    resident: Path, tmp_path: Path
) -> None:
    with Worker(PROBE, tmp_path, Limits(seconds=20)) as worker:
        worker.ask("attempt", what="nothing")
        os.kill(pid_of(resident), signal.SIGKILL)
        with pytest.raises(WorkerFailed, match="died"):
            worker.ask("attempt", what="sleep with a child", path=str(tmp_path / "child"))


def test_a_worker_ends_with_its_owner(resident: Path, tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path\n"
        "from governance.adapters import resident; from governance.adapters.worker import Worker\n"
        f"resident.WORKERS = {WORKERS!r}\n"
        f"worker = Worker({PROBE!r}, Path({str(tmp_path)!r}))\n"
        "print(worker.ask('attempt', what='own number')['outcome'], flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    wait_until(lambda: gone(int(done.stdout)))


def test_an_end_that_is_asked_for_and_comes_by_itself_at_once_ends_nobody_else(
    resident: Path, tmp_path: Path
) -> None:
    with Worker(PROBE, tmp_path / "other") as other:
        other.ask("attempt", what="nothing")
        with Worker(PROBE, tmp_path / "one") as worker:
            process = int(str(worker.ask("attempt", what="own number")["outcome"]))
            os.kill(pid_of(resident), signal.SIGSTOP)
            try:
                os.kill(process, signal.SIGKILL)
                wait_until(lambda: gone(process))
                connection = worker._process._connection  # type: ignore[attr-defined]
                connection.shutdown(socket.SHUT_WR)
            finally:
                os.kill(pid_of(resident), signal.SIGCONT)
        time.sleep(0.5)
        assert other.ask("attempt", what="nothing")["outcome"] == "done"
    with Worker(PROBE, tmp_path / "next") as following:
        assert parent_of(following) == pid_of(resident)


def test_a_stale_socket_is_replaced(resident: Path, tmp_path: Path) -> None:
    first = pid_of(resident)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: gone(first))
    with Worker(PROBE, tmp_path / "one") as worker:
        assert parent_of(worker) == os.getpid()

    def forked() -> bool:
        with Worker(PROBE, tmp_path / "two") as worker:
            return parent_of(worker) == pid_of(resident)

    wait_until(forked)
    assert pid_of(resident) != first


def test_another_installation_is_another_resident(resident: Path, tmp_path: Path) -> None:
    before = residence._key()
    assert residence._key() == before
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "prefix", str(tmp_path))
        assert residence._key() != before
