"""A pydantic-ai agent on a model that an Airflow connection names, with tools for the work tree."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance.adapters.agents.agent import AgentRun
from governance.adapters.agents.function import PydanticAgent


def file_tools(folder: Path) -> list[Callable[..., str]]:
    """Tools that list, read and write files of a folder, and nothing outside it."""
    from pydantic_ai import ModelRetry  # tells the model what went wrong, and lets it try otherwise

    def inside(path: str) -> Path:
        target = (folder / path).resolve()
        if not target.is_relative_to(folder.resolve()):
            raise ModelRetry(f"{path} is outside the work tree")
        return target

    def list_files(pattern: str = "**/*") -> str:
        """Paths of the files that match a pattern."""
        found = (file.relative_to(folder) for file in folder.glob(pattern) if file.is_file())
        return "\n".join(sorted(str(file) for file in found if ".git" not in file.parts))

    def read_file(path: str) -> str:
        """The text of a file."""
        try:
            return inside(path).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelRetry(f"{path} cannot be read as text: {error}") from error

    def write_file(path: str, content: str) -> str:
        """Write a file, replacing what it held."""
        target = inside(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, "utf-8")
        except OSError as error:
            raise ModelRetry(f"{path} cannot be written: {error}") from error
        return f"wrote {path}"

    return [list_files, read_file, write_file]


@dataclass(frozen=True)
class PydanticConnection:
    """Runs an agent on the model of a `pydanticai` connection of Airflow's common-ai provider.

    `tools` makes the agent's tools for a work tree; by default it can list, read and write files.
    """

    connection: str
    instructions: str
    tools: Callable[[Path], Sequence[Callable[..., Any]]] = file_tools

    def run(self, task: str, folder: Path) -> AgentRun:
        """Run the agent and take all its messages."""
        return PydanticAgent(self._build).run(task, folder)

    def _build(self, folder: Path) -> Any:
        from airflow.providers.common.ai.hooks.pydantic_ai import PydanticAIHook

        hook = PydanticAIHook.get_hook(self.connection)
        return hook.create_agent(instructions=self.instructions, tools=list(self.tools(folder)))
