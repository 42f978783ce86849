"""Workers forked from a resident process, which has imported the slow packages once for all of them.

dbt and Great Expectations take ten seconds to import and the gate's work on them takes two. Where
`GOVERNANCE_RESIDENT` is set, a process of the same user stays behind, answers on a socket that only
this user may open, and ends after ten idle minutes. It knows packages and nothing of any project: each
worker is a fork that enters the same jail before it sees a byte of one. Whoever runs as the same user
could stand in its place, as they could replace the installed packages, so it is off by default and not
for machines on which agents run as the gate's own user.

Where there is no resident yet, one is started for the next time and this worker runs on its own.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import socket
import stat
import struct
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from governance.adapters.process import QUIET

VARIABLE = "GOVERNANCE_RESIDENT"
WORKERS = ("governance.adapters.dbt.worker", "governance.adapters.great_expectations")
SECONDS_TO_ANSWER = 5.0
_PACKAGE = Path(__file__).resolve().parents[1]


class ForkedProcess:
    """A worker that the resident has forked; the connection to it is the worker's life-line."""

    def __init__(self, connection: socket.socket, stdin: int, stdout: int) -> None:
        self.stdin: IO[bytes] = os.fdopen(stdin, "wb")
        self.stdout: IO[bytes] = os.fdopen(stdout, "rb")
        self._connection = connection
        self._status: int | None = None

    def end(self) -> int:
        """Have it killed, unless it has ended by itself; killed is also what a lost resident leaves."""
        if self._status is None:
            with contextlib.closing(self._connection), contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_WR)
                told = self._connection.makefile("rb").readline()
                self._status = json.loads(told)["status"] if told else None
            self._status = -9 if self._status is None else self._status
        return self._status


def fork_worker(
    module: str, options: str, scratch: Path, environment: Mapping[str, str]
) -> ForkedProcess | None:
    """A worker from the resident process; `None` when there is none that could answer at once."""
    folder = _folder()
    if folder is None or module not in WORKERS:
        return None
    place = folder / _key()
    connection = _connect(place)
    if connection is None:
        _start(place)
        return None
    asked = {"module": module, "options": options, "scratch": str(scratch), "environment": dict(environment)}
    child_in, stdin = os.pipe()
    stdout, child_out = os.pipe()
    try:
        with (scratch / "worker.log").open("ab") as log:
            line = json.dumps(asked).encode() + b"\n"
            socket.send_fds(connection, [line], [child_in, child_out, log.fileno()])
    except OSError:  # it went while it was asked
        for end in (stdin, stdout):
            os.close(end)
        connection.close()
        return None
    finally:
        os.close(child_in)
        os.close(child_out)
    return ForkedProcess(connection, stdin, stdout)


def peer_user(connection: socket.socket) -> int:
    """The user at the other end of a Unix socket, as the kernel knows it."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


def _folder() -> Path | None:
    """A folder that only this user can enter; `None` when somebody else has made it."""
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    folder = Path(base) / f"governance-{os.getuid()}"
    try:
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077 and found.st_uid == os.getuid()
    return folder if private else None


def _key() -> str:
    """Differs when the interpreter, an installed package or our own code does, so that none is stale."""
    places = [Path(sys.executable), Path(sysconfig.get_path("purelib")), *_PACKAGE.rglob("*.py")]
    state = [sys.prefix, *WORKERS, *(f"{place} {place.stat().st_mtime_ns}" for place in sorted(places))]
    return hashlib.sha256("\n".join(state).encode()).hexdigest()[:16]


def _connect(place: Path) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(SECONDS_TO_ANSWER)
    try:
        connection.connect(str(place.with_suffix(".socket")))
        if peer_user(connection) == os.getuid():
            return connection
    except OSError:
        pass  # nobody is there, or nobody answers
    connection.close()
    return None


def _start(place: Path) -> None:
    """Start the resident, unless one holds the lock already; it answers from when it has imported all."""
    environment = QUIET | {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(_PACKAGE.parent)}
    command = [sys.executable, "-P", "-s", "-m", f"{__name__}_process", str(place)]
    try:
        with place.with_suffix(".lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with place.with_suffix(".log").open("wb") as log:
                subprocess.Popen(
                    [*command, str(lock.fileno()), *WORKERS],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env=environment,
                    pass_fds=[lock.fileno()],
                    start_new_session=True,
                )
    except OSError:
        return  # one is starting, or none can: workers run on their own
