"""A recorded session, run again: its tool calls really write files, run commands and query data."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from governance.adapters.agents.agent import AgentRun, scrubbed_environment
from governance.adapters.agents.process import run_process
from governance.errors import InvalidInput, UnreadableTrace

if TYPE_CHECKING:
    from governance.facts.effects import Effect
    from governance.trace import Step

_MARK = "{worktree}"


@dataclass(frozen=True)
class RecordedSession:
    """Replays a transcript in any known format. Edits that no longer fit end the replay.

    `{worktree}` in the transcript stands for the folder the session works in. Commands run in that
    folder, with the worker's environment scrubbed of credentials; `environment` adds to it, and
    `seconds` bounds each command.
    """

    transcript: str
    environment: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 60

    def run(self, task: str, folder: Path) -> AgentRun:
        """Replay every tool call in order, then read the transcript as the run's trace."""
        from governance.trace import StepKind
        from governance.transcripts import read_trace

        try:
            data = Path(self.transcript).read_bytes()
        except OSError as error:
            raise InvalidInput(
                f"{self.transcript}: cannot be read: {error.strerror}", "Check the path."
            ) from error
        try:
            trace = read_trace(data, self.transcript)
            acted = read_trace(data.replace(_MARK.encode(), os.fsencode(folder)), self.transcript)
        except UnreadableTrace as error:
            return AgentRun(trace_problem=str(error))
        for step in acted.steps:
            if step.kind is StepKind.TOOL_CALL:
                failure = self._act(step, folder)
                if failure:
                    return AgentRun(trace, failure=f"step {step.seq}: {failure}")
        return AgentRun(trace)

    def _act(self, step: "Step", folder: Path) -> str:
        from governance.facts.effects import EffectKind, effects, shell_script
        from governance.trace import ResultStatus, Tool

        assert step.call is not None
        if step.call.tool is Tool.SHELL:
            return self._shell(shell_script(step.call.arguments), folder)
        if step.call.tool in (Tool.WRITE, Tool.EDIT, Tool.DELETE):
            for effect in effects(step, ResultStatus.OK):
                if effect.kind in (EffectKind.WROTE, EffectKind.DELETED):
                    failure = _write(effect, folder)
                    if failure:
                        return failure
        return ""

    def _shell(self, script: str, folder: Path) -> str:
        beside = str(Path(sys.executable).parent)
        inherited = scrubbed_environment(self.environment)
        environment = {**inherited, "PATH": f"{beside}:{inherited.get('PATH', '')}"}
        ended = run_process(["/bin/sh", "-c", script], folder, environment, self.seconds)
        return "" if ended.in_time else f"`{script}` was stopped after {self.seconds:g} s"


def _write(effect: "Effect", folder: Path) -> str:
    """Carry out one edit inside the folder; what went wrong, or nothing."""
    from governance.facts.effects import EffectKind

    target = (folder / effect.target).resolve()
    if not target.is_relative_to(folder.resolve()):
        return ""  # outside the work tree nothing is replayed; the trace rules see the attempt
    if effect.kind is EffectKind.DELETED:
        target.unlink(missing_ok=True)
        return ""
    text = effect.new
    if effect.old:
        before = target.read_text("utf-8") if target.exists() else ""
        if effect.old not in before:
            return f"{effect.target} does not hold the text that the session replaced"
        text = before.replace(effect.old, effect.new, 1)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
    return ""
