"""The resident process itself: `python -m` this module. One thread, which waits, forks and reaps.

A fork copies only the thread that makes it, so a resident in which a package has started another ends
itself: a lock held by that thread would never be released in the fork.
"""

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from governance.adapters.resident import SECONDS_TO_ANSWER, peer_user
from governance.adapters.worker import serve

IDLE_SECONDS = 600.0
_LONGEST_REQUEST = 1 << 16


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request for a worker; `handles` are to be its standard input, output and error."""

    module: str
    options: str
    scratch: str
    environment: Mapping[str, str]
    handles: list[int]


@dataclass
class _Guest:
    """One connection: the worker that was forked for it."""

    connection: socket.socket
    process: int = 0
    watch: int = -1


class Resident:
    """Forks workers for whoever connects, until nobody has for a while."""

    def __init__(self, listener: socket.socket, workers: tuple[str, ...]) -> None:
        self._listener = listener
        self._workers = workers
        self._guests: set[int] = set()
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ, self._welcome)

    def live(self, idle_seconds: float = IDLE_SECONDS) -> None:
        """Serve until no worker runs and nobody has come for so many seconds."""
        while True:
            ready = self._selector.select(idle_seconds)
            if not ready and not self._guests:
                return
            for key, _ in ready:
                key.data()

    def _welcome(self) -> None:
        connection, _ = self._listener.accept()
        connection.settimeout(SECONDS_TO_ANSWER)
        asked = _received(connection, self._workers)
        if asked is None:
            connection.close()
            return
        guest = _Guest(connection)
        guest.process = os.fork()
        if guest.process == 0:
            _become_worker(asked)
        for handle in asked.handles:
            os.close(handle)
        guest.watch = os.pidfd_open(guest.process)
        self._guests.add(guest.process)
        self._selector.register(guest.watch, selectors.EVENT_READ, lambda: self._part(guest))
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._kill(guest))

    def _kill(self, guest: _Guest) -> None:
        """The owner asks for the end of its worker, or is gone itself."""
        if guest.watch < 0:
            return  # it has just ended by itself, and its number may be another's by now
        self._selector.unregister(guest.connection)
        with contextlib.suppress(ProcessLookupError, PermissionError):  # before it has a group of its own
            os.killpg(guest.process, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(guest.process, signal.SIGKILL)

    def _part(self, guest: _Guest) -> None:
        """The worker has ended: what it started ends with it, and the owner is told how."""
        self._selector.unregister(guest.watch)
        os.close(guest.watch)
        guest.watch = -1
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(guest.process, signal.SIGKILL)
        _, status = os.waitpid(guest.process, 0)
        self._guests.discard(guest.process)
        with contextlib.suppress(KeyError):  # the owner has asked for this end before
            self._selector.unregister(guest.connection)
        with contextlib.closing(guest.connection), contextlib.suppress(OSError):
            answer = {"status": os.waitstatus_to_exitcode(status)}
            guest.connection.sendall(json.dumps(answer).encode() + b"\n")


def _received(connection: socket.socket, workers: tuple[str, ...]) -> _Asked | None:
    """What is asked for; `None` for another user, another module, or nonsense."""
    handles: list[int] = []
    try:
        line, handles, _, _ = socket.recv_fds(connection, _LONGEST_REQUEST, 3)
        asked = _Asked(**json.loads(line), handles=handles)
        if len(handles) == 3 and asked.module in workers and peer_user(connection) == os.getuid():
            return asked
    except (OSError, ValueError, TypeError):
        pass  # whoever it was has gone, or does not speak as we do
    for handle in handles:
        os.close(handle)
    return None


def _become_worker(asked: _Asked) -> None:
    """In the fork: what a fresh interpreter would have been given, then the worker's own work."""
    status = 1
    try:
        os.setsid()
        for target, handle in enumerate(asked.handles):
            os.dup2(handle, target)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(asked.environment)
        os.chdir(asked.scratch)
        tempfile.tempdir = None
        sys.argv = [asked.module, asked.scratch, asked.options]
        serve(import_module(asked.module).prepare)
        status = 0
    finally:
        os._exit(status)  # nothing of the resident's own is to be run in its fork


def _load(workers: tuple[str, ...], home: Path) -> None:
    """Import the workers and the packages that each names as slow, and have them warm up."""
    for worker in workers:
        module = import_module(worker)
        for package in module.PACKAGES:
            import_module(package)
        if warm := getattr(module, "warm", None):
            warm(home)
    os.chdir("/")
    gc.collect()
    gc.freeze()  # what all forks share is not to be copied by a look through it for garbage


def main(place: str, lock: str, *workers: str) -> None:
    """Load, then listen at `place`; the lock, an open file, is held for as long as this process lives."""
    os.set_inheritable(int(lock), False)
    os.truncate(int(lock), 0)
    os.write(int(lock), b"%d\n" % os.getpid())
    with tempfile.TemporaryDirectory(prefix="governance-resident-") as home:
        os.environ.update({"HOME": home, "TMPDIR": home, "OPENBLAS_NUM_THREADS": "1"})
        _load(workers, Path(home))
        if len(os.listdir("/proc/self/task")) > 1:
            sys.exit("a package has started a thread, so workers cannot be forked from here")
        path = Path(place).with_suffix(".socket")
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen(8)
            try:
                Resident(listener, workers).live()
            finally:
                path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
