"""A worker that tries to do what the jail forbids, and tells how it went."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from governance.adapters.worker import Handler, serve

PACKAGES = ()

Attempt = Callable[[Mapping[str, Any]], Any]


def _sleep_with_a_child(request: Mapping[str, Any]) -> None:
    child = subprocess.Popen(["/bin/sleep", "60"])
    Path(request["path"]).write_text(str(child.pid))
    time.sleep(60)


ATTEMPTS: dict[str, Attempt] = {
    "nothing": lambda r: None,
    "order": lambda r: str([hash("a"), time.tzname]),
    "parent": lambda r: str(os.getppid()),
    "own number": lambda r: str(os.getpid()),
    "tcp": lambda r: socket.create_connection(("127.0.0.1", r["port"]), 1),
    "udp": lambda r: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", r["port"])),
    "unix": lambda r: socket.socket(socket.AF_UNIX),
    "raw": lambda r: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    "read": lambda r: Path(r["path"]).read_bytes(),
    "write": lambda r: Path(r["path"]).write_text("x"),
    "signal": lambda r: os.kill(os.getppid(), 0),
    "environment": lambda r: json.dumps(dict(os.environ)),
    "sleep with a child": _sleep_with_a_child,
    "memory": lambda r: bytearray(1 << 29),
    "long answer": lambda r: "x" * 100_000,
    "exit": lambda r: os._exit(3),
    "print": lambda r: print('{"outcome": "forged"}', flush=True),
}


def prepare(scratch: Path) -> Mapping[str, Handler]:
    """Offer the attempts."""

    def attempt(request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            outcome = ATTEMPTS[request["what"]](request)
        except OSError as error:
            return {"outcome": type(error).__name__}
        return {"outcome": outcome if isinstance(outcome, str) else "done"}

    return {"attempt": attempt}


if __name__ == "__main__":
    serve(prepare)
