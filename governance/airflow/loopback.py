"""`airflow standalone` without its log servers, which would listen on every address of the machine.

Nothing is lost: all of it runs on this machine, where the API server reads the logs from disk.
"""

from typing import Any

from airflow.cli.commands import standalone_command

_SERVING = frozenset(("scheduler", "triggerer"))


class _OnlyHere(standalone_command.SubCommand):
    def __init__(self, parent: Any, name: str, command: list[str], env: dict[str, str]) -> None:
        quiet = ["--skip-serve-logs"] if name in _SERVING else []
        super().__init__(parent, name, [*command, *quiet], env)


def main() -> None:
    """Run it until it is interrupted."""
    setattr(standalone_command, "SubCommand", _OnlyHere)  # noqa: B010  its `run` offers no other way
    start: Any = standalone_command.StandaloneCommand.entrypoint
    start(None)


if __name__ == "__main__":
    main()
