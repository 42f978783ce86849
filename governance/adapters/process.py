"""A worker's process as its owner holds it: two pipes to talk over, and one way to end it."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Protocol

QUIET = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
}
"""Environment of every worker: no news to vendors, and the same order of sets and times each run."""


class Process(Protocol):
    """A running worker. `end` kills it with every process it started, and gives its exit status."""

    stdin: IO[bytes]
    stdout: IO[bytes]

    def end(self) -> int:
        """The exit status, negative for the signal that ended it; may be asked again."""
        ...


class OwnProcess:
    """A worker that is started for this one run: a fresh interpreter, which imports what it needs."""

    def __init__(self, module: str, options: str, scratch: Path, environment: Mapping[str, str]) -> None:
        with (scratch / "worker.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-s", "-m", module, str(scratch), options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=scratch,
                env=environment,
                start_new_session=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.stdin: IO[bytes] = self._process.stdin
        self.stdout: IO[bytes] = self._process.stdout

    def end(self) -> int:
        """Kill the process group, which is gone when the process has ended by itself."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        return self._process.wait()
