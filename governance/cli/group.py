"""How commands look: options that default to "", and help in the order of use."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import click


class Group(click.Group):
    """A group whose help lists commands in the order they were added, and takes -h as well.

    A command may be given as `module:name` below `governance.cli`; it is imported when it is needed.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
        super().__init__(*arguments, context_settings=settings, **options)
        self.elsewhere: dict[str, str] = {}
        self.order: list[str] = []

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command at the end."""
        super().add_command(cmd, name)
        self.order.append(name or cmd.name or "")

    def add_elsewhere(self, **places: str) -> None:
        """Add commands by the places where they are defined."""
        self.elsewhere |= places
        self.order += places

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported when it is defined elsewhere."""
        place = self.elsewhere.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.partition(":")
        command: click.Command = getattr(import_module(f"governance.cli.{module}"), name)
        return command

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order added."""
        return self.order


def option(*names: str, **settings: Any) -> Callable[[Any], Any]:
    """An option with text, "" when it is not given."""
    return click.option(*names, default="", show_default=False, **settings)
