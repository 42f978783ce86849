"""The jail, tried from inside: real sockets, real files, real signals, real limits."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from governance.adapters.jail import Limits
from governance.adapters.worker import Worker, WorkerFailed, WorkerLacks, WorkerNotJailed, WorkerTimedOut

PROBE = "tests.adapters.prisoner"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["on its own", "forked"], autouse=True)
def residence(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each attempt is made twice: by a process of its own, and by a fork of the resident one."""
    if request.param == "forked":
        request.getfixturevalue("resident")


@pytest.fixture
def prisoner(tmp_path: Path) -> Worker:
    """A worker that tries what it is told to."""
    return Worker(PROBE, tmp_path, Limits(seconds=20))


def attempt(worker: Worker, what: str, **arguments: object) -> str:
    with worker:
        return str(worker.ask("attempt", what=what, **arguments)["outcome"])


def test_all_locks_hold_here(prisoner: Worker) -> None:
    with prisoner:
        prisoner.ask("attempt", what="nothing")
        assert prisoner.locks is not None
        assert prisoner.locks.closed


@pytest.mark.parametrize("what", ["tcp", "udp", "unix", "raw"])
def test_no_socket(prisoner: Worker, what: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        assert attempt(prisoner, what, port=server.getsockname()[1]) == "PermissionError"
        with pytest.raises(TimeoutError):
            server.accept()


def test_namespace_alone_has_no_network(tmp_path: Path) -> None:
    """Each lock of the network holds without the other; this one is tried without seccomp."""
    script = (
        "import ctypes, socket, sys\n"
        "from governance.adapters import jail\n"
        "if not jail._leave_network(ctypes.CDLL(None, use_errno=True)): sys.exit(77)\n"
        "socket.create_connection(('127.0.0.1', int(sys.argv[1])), 1)\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        done = subprocess.run([sys.executable, "-c", script, port], cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 77:
        pytest.skip("the kernel offers no user namespaces here")
    assert "Network is unreachable" in done.stderr or "refused" in done.stderr


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/hostname", "/proc/1/environ", str(ROOT / "README.md")])
def test_no_private_file(prisoner: Worker, path: str) -> None:
    assert attempt(prisoner, "read", path=path) in ("PermissionError", "FileNotFoundError")


def test_writes_only_in_scratch(prisoner: Worker, tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside"
    assert attempt(prisoner, "write", path=str(outside)) == "PermissionError"
    assert not outside.exists()


def test_may_write_in_scratch(prisoner: Worker, tmp_path: Path) -> None:
    assert attempt(prisoner, "write", path=str(tmp_path / "inside")) == "done"


def test_link_out_of_scratch_leads_nowhere(prisoner: Worker, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert attempt(prisoner, "read", path=str(tmp_path / "link")) == "PermissionError"


def test_no_signal_to_the_parent(prisoner: Worker) -> None:
    assert attempt(prisoner, "signal") == "PermissionError"


def test_environment_is_bare(prisoner: Worker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY", "DBT_ENV_SECRET_TOKEN"):
        monkeypatch.setenv(name, "tell nobody")
    with prisoner, Worker(PROBE, tmp_path / "second") as second:
        for worker in (prisoner, second):
            seen = json.loads(str(worker.ask("attempt", what="environment")["outcome"]))
            assert "tell nobody" not in seen.values()
            assert seen["DO_NOT_TRACK"] == "1"
            assert seen["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"
            assert seen["GX_ANALYTICS_ENABLED"] == "false"
            assert seen["HOME"].startswith(str(tmp_path))


def test_slow_worker_is_killed_with_its_children(tmp_path: Path) -> None:
    with Worker(PROBE, tmp_path, Limits(seconds=2)) as worker:
        worker.ask("attempt", what="nothing")
        with pytest.raises(WorkerTimedOut, match="longer than 2 s"):
            worker.ask("attempt", what="sleep with a child", path=str(tmp_path / "child"))
    child = int((tmp_path / "child").read_text())
    for _ in range(50):
        if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]:
            return
        time.sleep(0.1)
    os.kill(child, 9)
    pytest.fail("a child of the worker outlived it")


def test_memory_is_limited(tmp_path: Path) -> None:
    with (
        Worker(PROBE, tmp_path, Limits(memory=1 << 28)) as worker,
        pytest.raises(WorkerFailed, match="memory"),
    ):
        worker.ask("attempt", what="memory")


def test_death_is_told(prisoner: Worker) -> None:
    with prisoner, pytest.raises(WorkerFailed, match="status 3"):
        prisoner.ask("attempt", what="exit")
    with pytest.raises(WorkerFailed):
        prisoner.ask("attempt", what="nothing")


def test_exception_is_told(prisoner: Worker) -> None:
    with prisoner, pytest.raises(WorkerFailed, match="KeyError"):
        prisoner.ask("attempt", what="unheard of")


def test_printing_does_not_forge_an_answer(prisoner: Worker) -> None:
    assert attempt(prisoner, "print") == "done"


def test_without_a_jail_nothing_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel without the locks is played by a prisoner whose machine seccomp does not know."""
    with Worker("tests.adapters.unlocked", tmp_path) as worker, pytest.raises(WorkerNotJailed):
        worker.ask("attempt", what="nothing")


def test_without_a_jail_it_starts_where_allowed(tmp_path: Path) -> None:
    with Worker("tests.adapters.unlocked", tmp_path, jail_required=False) as worker:
        assert worker.ask("attempt", what="nothing")["outcome"] == "done"
        assert worker.locks is not None
        assert not worker.locks.closed


def test_missing_package_is_told(tmp_path: Path) -> None:
    with (
        Worker("tests.adapters.lacking", tmp_path) as worker,
        pytest.raises(WorkerLacks, match="no_such_package"),
    ):
        worker.ask("attempt", what="nothing")


def test_endless_answer_is_cut_off(tmp_path: Path) -> None:
    with (
        Worker(PROBE, tmp_path, Limits(answer=300)) as worker,
        pytest.raises(WorkerFailed, match="more than 300"),
    ):
        worker.ask("attempt", what="long answer")
