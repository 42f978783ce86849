"""A resident process for the workers of these tests, in a folder of its own."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.adapters import resident as residence

WORKERS = ("tests.adapters.prisoner",)


@pytest.fixture
def resident(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Its folder, once it answers; it is told to go at the end."""
    runtime = tmp_path_factory.mktemp("run")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv(residence.VARIABLE, "1")
    monkeypatch.setattr(residence, "WORKERS", WORKERS)
    scratch = tmp_path_factory.mktemp("scratch")
    deadline = time.monotonic() + 30
    while (process := residence.fork_worker(WORKERS[0], "{}", scratch, {})) is None:
        assert time.monotonic() < deadline, (next(runtime.rglob("*.log"))).read_text()
        time.sleep(0.05)
    process.end()
    (folder,) = runtime.iterdir()
    yield folder
    with contextlib.suppress(ProcessLookupError):  # a test may have killed it
        os.kill(pid_of(folder), signal.SIGKILL)


def pid_of(folder: Path) -> int:
    """The resident whose folder this is."""
    return int(next(folder.glob("*.lock")).read_text())
