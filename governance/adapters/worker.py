"""Worker processes: a module of ours, run in the jail with a bare environment, asked over pipes.

One line of JSON goes in, one comes out. Whatever the worker prints goes to its log, so that a
template cannot forge an answer.
"""

import contextlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from governance.adapters.jail import Limits, Locks, enter
from governance.adapters.process import QUIET, OwnProcess, Process
from governance.adapters.resident import VARIABLE, fork_worker
from governance.errors import GovernanceError

Handler = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class WorkerFailed(GovernanceError):
    """The worker could not answer: it raised, was killed, or broke its pipe."""


class WorkerTimedOut(WorkerFailed):
    """The worker did not answer in time and was killed with all its children."""


class WorkerNotJailed(WorkerFailed):
    """The kernel offers no way to cut the worker off, so it did not start."""


class WorkerLacks(WorkerFailed):
    """A package that the worker needs is not installed."""


class WorkerRefused(WorkerFailed):
    """The tool in the worker works, and says that it cannot do this with this project."""


class Refused(Exception):
    """Raised by a handler when its tool rejects what it was given; the message is the tool's."""


_KINDS = {"jail": WorkerNotJailed, "missing": WorkerLacks, "refused": WorkerRefused}


class Worker:
    """One worker process; use as a context manager, so that nothing outlives the run.

    It may write below `scratch` only, and read that, the interpreter and the folders in `readable`.
    """

    def __init__(
        self,
        module: str,
        scratch: Path,
        limits: Limits = Limits(),
        *,
        jail_required: bool = True,
        readable: tuple[Path, ...] = (),
    ) -> None:
        self._limits = limits
        self._deadline = 0.0
        self._asked = ""
        self.locks: Locks | None = None
        for folder in ("home", "tmp"):
            (scratch / folder).mkdir(parents=True, exist_ok=True)
        package_root = str(Path(__file__).resolve().parents[2])
        environment = QUIET | {
            "HOME": str(scratch / "home"),
            "TMPDIR": str(scratch / "tmp"),
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": package_root,
            "USER": "worker",
        }
        options = json.dumps(
            asdict(limits) | {"jail_required": jail_required, "readable": list(map(str, readable))}
        )
        self._process: Process = (
            fork_worker(module, options, scratch, environment) if os.environ.get(VARIABLE) else None
        ) or OwnProcess(module, options, scratch, environment)
        self._buffer = b""

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def ask(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """The worker's answer to one request; raises WorkerFailed when there is none."""
        self.begin(operation, **arguments)
        return self.finish()

    def begin(self, operation: str, **arguments: Any) -> None:
        """Send a request, whose answer `finish` waits for; raises WorkerFailed when there is no worker."""
        self._asked = operation
        request = json.dumps({"operation": operation, **arguments}).encode() + b"\n"
        if not self._deadline:  # it may have waited for its first request, for others to finish
            self._deadline = time.monotonic() + self._limits.seconds
        if self.locks is None and len(request) > select.PIPE_BUF:
            self._started()  # a pipe holds no more than this for one that does not read yet
        try:
            self._process.stdin.write(request)
            self._process.stdin.flush()
        except (OSError, ValueError) as error:  # a closed pipe is either, by who closed it
            if self.locks is None:
                self._started()  # it may have said why
            raise WorkerFailed(f"the worker died before {operation}: {self._ending()}") from error

    def finish(self) -> dict[str, Any]:
        """The answer to the request that was begun; raises WorkerFailed when there is none."""
        if self.locks is None:
            self._started()
        return self._receive(self._asked)

    def _started(self) -> None:
        self.locks = Locks(**self._receive("start"))

    def kill(self) -> int:
        """End the worker and every process it started; its exit status."""
        status = self._process.end()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # the other end is gone, with what was left to write
                pipe.close()
        return status

    def _receive(self, operation: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._line(operation))
        if "error" in answer:
            kind = _KINDS.get(answer.get("kind", ""), WorkerFailed)
            raise kind(f"{operation}: {answer['error']}")
        return answer

    def _line(self, operation: str) -> bytes:
        pipe = self._process.stdout.fileno()
        pieces, size = [self._buffer], 0
        while b"\n" not in pieces[-1]:
            left = self._deadline - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                self.kill()
                raise WorkerTimedOut(
                    f"{operation} took longer than {self._limits.seconds:g} s and was stopped"
                )
            piece = os.read(pipe, 1 << 16)
            if not piece:
                raise WorkerFailed(f"the worker died during {operation}: {self._ending()}")
            pieces.append(piece)
            size += len(piece)
            if size > self._limits.answer:
                self.kill()
                raise WorkerFailed(f"{operation} was answered with more than {self._limits.answer} bytes")
        line, _, self._buffer = b"".join(pieces).partition(b"\n")
        return line

    def _ending(self) -> str:
        code = self.kill()
        if code >= 0:
            return f"it ended with status {code}"
        return f"it was killed by {signal.Signals(-code).name} (out of memory or of time)"


def serve(prepare: Callable[[Path], Mapping[str, Handler]], readable: tuple[Path, ...] = ()) -> None:
    """Run as a worker: enter the jail, prepare the handlers, answer until standard input closes."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    scratch, options = Path(sys.argv[1]), json.loads(sys.argv[2])
    required = options.pop("jail_required")
    readable += tuple(map(Path, options.pop("readable")))
    locks = enter(scratch, Limits(**options), readable)
    if required and not locks.closed:
        _send(answers, {"error": f"no jail here: {asdict(locks)}", "kind": "jail"})
        return
    try:
        handlers = prepare(scratch)
    except ImportError as error:
        _send(answers, _lacking(error))
        return
    except Refused as error:
        _send(answers, {"error": str(error)[:2000], "kind": "refused"})
        return
    except MemoryError:
        _send(answers, {"error": "out of memory"})
        return
    except Exception as error:  # the parent turns every failure into a finding
        _send(answers, {"error": f"{type(error).__name__}: {error}"[:2000]})
        return
    _send(answers, asdict(locks))
    for line in sys.stdin.buffer:
        request = json.loads(line)
        _send(answers, _answer(handlers[request.pop("operation")], request))


def _answer(handler: Handler, request: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return handler(request)
    except MemoryError:
        return {"error": "out of memory"}
    except ImportError as error:
        return _lacking(error)
    except Refused as error:
        return {"error": str(error)[:2000], "kind": "refused"}
    except Exception as error:  # the parent turns every failure into a finding
        return {"error": f"{type(error).__name__}: {error}"[:2000]}


def _lacking(error: ImportError) -> Mapping[str, Any]:
    if not isinstance(error, ModuleNotFoundError):  # it is there and does not load, for want of memory too
        return {"error": f"ImportError: {error}"[:2000]}
    return {"error": f"{error.name or error} is not installed", "kind": "missing"}


def _send(stream: Any, answer: Mapping[str, Any]) -> None:
    stream.write(json.dumps(answer).encode() + b"\n")
    stream.flush()
