"""The command line: each command calls one function and prints what it returns.

Exit status: 0 pass, 1 block, 2 could not decide, 3 review.
"""

import errno
import gc
import os
import sys

COULD_NOT_DECIDE = 2
INTERRUPTED = 130
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main() -> None:
    """Entry point of `governance`. Whatever goes wrong, the exit status is never a pass."""
    gc.set_threshold(100_000)  # starting up makes many objects that stay: looking through them is wasted
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")  # 50 ms, and nobody's plugin belongs in a gate
    if sys.stderr is None:
        # Else what is meant for it would be printed among the results.
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    for stream in filter(None, (sys.stdout, sys.stderr)):
        # A letter that the terminal lacks must not cost the verdict.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    status = _status(sys.argv[1:])
    gc.freeze()  # all goes with the process: to look for garbage first would be a tenth of its time
    sys.exit(status)


def _status(arguments: list[str]) -> int:
    from governance.errors import GovernanceError

    if sys.stdout is None:
        complain("standard output is closed", "Send it to a file, or to /dev/null.")
        return COULD_NOT_DECIDE
    try:
        status = _run(arguments)
        sys.stdout.flush()
        return status
    except GovernanceError as error:
        complain(error.message, error.remedy)
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()  # whoever read it has seen enough, but has not seen the verdict
    except OSError as error:
        _drop_output()
        full = error.errno in _FULL
        what = error.filename or ("the output" if full else "a file or a stream")
        cure = "Free some space." if full else "Check that it is there and that you may use it."
        complain(f"cannot {'write' if full else 'read or write'} {what}: {error.strerror or error}", cure)
    except Exception as error:  # a crash of the gate must not look like a pass
        if os.environ.get("GOVERNANCE_DEBUG"):
            raise
        complain(
            f"internal error: {type(error).__name__}: {error}",
            "Run again with GOVERNANCE_DEBUG=1 and report what it prints.",
        )
    return COULD_NOT_DECIDE


def complain(message: str, remedy: str = "") -> None:
    """Say on standard error what is wrong, and how to mend it."""
    from governance.report.inert import inert_name  # messages quote files and agents

    print(f"governance: {inert_name(message)}", file=sys.stderr)
    if remedy:
        print(f"  {inert_name(remedy)}", file=sys.stderr)


def _drop_output() -> None:
    """Send what is still to be written nowhere, so that the interpreter does not fail over it at its end."""
    if sys.stdout:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["hook"] and not {"--help", "-h"} & set(arguments):
        from governance.cli.hook import run_hook  # agents wait for a hook before every tool call

        return run_hook(arguments[1:])
    from governance.cli.app import run

    return run(arguments)
