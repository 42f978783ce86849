"""Running a program in a folder with a time limit that ends everything it started."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_KEPT_OUTPUT = 1_000_000


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit status (negative for a signal), its output, and whether in time."""

    status: int
    output: bytes
    errors: bytes
    in_time: bool = True


def run_process(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float, data: bytes = b""
) -> Ended:
    """Run a program; after `seconds` its process group is killed. Raises OSError when it cannot start."""
    process = subprocess.Popen(
        list(command),
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(data, timeout=seconds)
        return Ended(process.returncode, output[:_KEPT_OUTPUT], errors[:_KEPT_OUTPUT])
    except subprocess.TimeoutExpired:
        _end_group(process)
        output, errors = process.communicate()
        return Ended(process.returncode, output[:_KEPT_OUTPUT], errors[:_KEPT_OUTPUT], in_time=False)
    except BaseException:
        _end_group(process)
        raise


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()
