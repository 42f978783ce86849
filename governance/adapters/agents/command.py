"""An agent that is a program; its transcript is a file that it writes, or what it prints."""

import glob
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from governance.adapters.agents.agent import AgentRun, scrubbed_environment
from governance.adapters.agents.process import run_process
from governance.errors import MissingTool, UnreadableTrace


@dataclass(frozen=True)
class CommandAgent:
    """Runs `command` in the work tree; `{task}` in it is replaced by the task.

    `transcript` is a pattern of files, of which the newest written during the run is read; empty
    means standard output. `environment` names what the program is given beside a scrubbed
    environment, such as its API key. After `seconds` everything it started is killed.
    """

    command: Sequence[str]
    transcript: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 1800

    def run(self, task: str, folder: Path) -> AgentRun:
        """Run the program and read what it left. Raises MissingTool when it cannot be started."""
        from governance.transcripts import read_trace

        command = [word.replace("{task}", task) for word in self.command]
        started = time.time()
        try:
            ended = run_process(command, folder, scrubbed_environment(self.environment), self.seconds)
        except OSError as error:
            remedy = "Install it on the worker, or correct `command`."
            raise MissingTool(f"{command[0]}: {error.strerror}", remedy) from error
        failure = ""
        if not ended.in_time:
            failure = f"{command[0]} was stopped after {self.seconds:g} s"
        elif ended.status:
            failure = f"{command[0]} ended with status {ended.status}"
        data, name = (
            self._transcript(folder, started) if self.transcript else (ended.output, "standard output")
        )
        if not data:
            return AgentRun(failure=failure)
        try:
            return AgentRun(read_trace(data, name), failure=failure)
        except UnreadableTrace as error:
            return AgentRun(trace_problem=str(error), failure=failure)

    def _transcript(self, folder: Path, started: float) -> tuple[bytes, str]:
        pattern = os.path.expanduser(self.transcript.replace("{worktree}", glob.escape(str(folder))))
        files = [file for file in glob.glob(pattern, recursive=True) if os.path.getmtime(file) >= started - 1]
        if not files:
            return b"", ""
        newest = max(files, key=os.path.getmtime)
        return Path(newest).read_bytes(), newest
