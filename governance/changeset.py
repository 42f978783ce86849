"""Change sets: what one agent run wants to change, with the trace of how it came to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from governance.artifact import Artifact

if TYPE_CHECKING:
    from governance.trace import Trace


class Authorship(StrEnum):
    """Who stands behind a change, which decides whether a missing trace is a finding."""

    AGENT = "agent"
    BY_HAND = "by-hand"
    LOOSE = "loose"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a change set comes from. `run` holds the orchestrator's ids (dag_id, task_id, …)."""

    repository: str = ""
    base_commit: str = ""
    head_commit: str = ""
    branch: str = ""
    run: Mapping[str, str] = field(default_factory=dict)


class Tree(Protocol):
    """The files of a revision, which lie in a folder only when somebody needs them there."""

    def holds(self, path: str) -> bool:
        """Whether there is such a file."""
        ...

    def digest(self, root: str) -> str:
        """Another for other files below `root`, a folder of the tree."""
        ...

    def folder(self) -> Path:
        """Where the files lie, from now on."""
        ...


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """The artifacts of one agent run together with its trace.

    An agent's change without a trace is a finding; a change written by hand says so; loose files
    and statements, which belong to no revision, ask for none. `workdir` is a checkout of head for
    the checks that need the whole tree, empty when there is none; `base` has the files of base.
    `trace_problem` says why a transcript that came with the change could not be read, and
    `agent_failure` why the agent did not finish, so that half a change never passes for a whole one.
    """

    artifacts: tuple[Artifact, ...]
    trace: "Trace | None" = None
    authorship: Authorship = Authorship.AGENT
    origin: Origin = Origin()
    workdir: str = ""
    base: Tree | None = field(default=None, compare=False)
    trace_problem: str = ""
    agent_failure: str = ""
