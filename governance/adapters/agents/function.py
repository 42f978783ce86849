"""A pydantic-ai agent, run in process; its messages are captured whatever its settings."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from governance.adapters.agents.agent import AgentRun
from governance.errors import InvalidInput


@dataclass(frozen=True)
class PydanticAgent:
    """Runs the agent that `build` makes for a work tree.

    `build` is a function, or its name as `module:function`; it is given the folder and returns a
    pydantic-ai `Agent`. Importing its module waits until the task runs.
    """

    build: str | Callable[[Path], Any]

    def run(self, task: str, folder: Path) -> AgentRun:
        """Run the agent and take all its messages, those of a run that failed included."""
        from pydantic_ai import capture_run_messages
        from pydantic_ai.messages import ModelMessagesTypeAdapter

        from governance.transcripts import read_trace

        agent = self._build(folder)
        failure = ""
        with capture_run_messages() as messages:
            try:
                result = agent.run_sync(task)
            except Exception as error:  # what it did until then is judged, and the failure is told
                failure = f"{type(error).__name__}: {error}"
            else:
                messages = result.all_messages()
        if not messages:
            return AgentRun(trace_problem="the agent left no messages", failure=failure)
        data = ModelMessagesTypeAdapter.dump_json(messages)
        return AgentRun(read_trace(data, "pydantic-ai"), failure=failure)

    def _build(self, folder: Path) -> Any:
        if callable(self.build):
            return self.build(folder)
        module, _, name = self.build.partition(":")
        try:
            return getattr(import_module(module), name)(folder)
        except (ImportError, AttributeError) as error:
            raise InvalidInput(f"agent {self.build!r}: {error}", "Use `module:function`.") from error
