"""What every agent is to us: it works on a task in a folder, and leaves a trace or says why not."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from governance.trace import Trace

_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOME", "USER", "VIRTUAL_ENV", "DBT_PROFILES_DIR")


@dataclass(frozen=True, slots=True)
class AgentRun:
    """What an agent left behind beside its files: a trace, or the reason why there is none.

    `failure` is set when the agent itself did not finish; its files are judged all the same.
    """

    trace: "Trace | None" = None
    trace_problem: str = ""
    failure: str = ""


class Agent(Protocol):
    """Something that can be asked to work in a folder."""

    def run(self, task: str, folder: Path) -> AgentRun:
        """Work on the task; raises nothing for what the agent did, only for a broken set-up."""
        ...


def scrubbed_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The worker's environment without its credentials; `extra` names what the agent is given."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", **(extra or {})}
