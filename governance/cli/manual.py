"""The page of all commands, drawn from the commands themselves; `make docs` writes it to README.md here."""

from collections.abc import Iterator
from inspect import cleandoc

import click

from governance.cli.app import app

_OPENING = """\
# Commands

Drawn from the commands by `make docs`; a test holds this page to them. `-h` of each says the same.
Exit status: `0` pass, `1` block, `2` could not decide, `3` review.
"""


def render() -> str:
    """The page as Markdown."""
    return "\n".join([_OPENING, *map(_section, commands())])


def commands(group: click.Group = app, name: str = "governance") -> Iterator[click.Context]:
    """A context for each command that does something, in the order of the help."""
    parent = click.Context(group, info_name=name)
    for word in group.list_commands(parent):
        command = group.get_command(parent, word)
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {word}")
        elif command is not None:
            yield click.Context(command, info_name=f"{name} {word}", **command.context_settings)


def examples(command: click.Command) -> list[str]:
    """The command lines that the help of a command shows."""
    _, _, shown = (command.help or "").partition("\b\n")
    return [line.strip() for line in shown.splitlines()[1:] if line.strip()]


def _section(context: click.Context) -> str:
    command = context.command
    told = (command.help or "").partition("\b\n")[0].rstrip()
    usage = " ".join([context.info_name or "", *command.collect_usage_pieces(context)])
    rows = [f"| `{_cell(names)}` | {_cell(says)} |" for names, says in _options(context)]
    table = ["| Option | |", "|---|---|", *rows, ""] if rows else []
    shown = ["```sh", *examples(command), "```", ""]
    return "\n".join([f"## {context.info_name}", "", cleandoc(told), "", f"    {usage}", "", *table, *shown])


def _options(context: click.Context) -> Iterator[tuple[str, str]]:
    for parameter in context.command.params:
        record = parameter.get_help_record(context)
        if record and isinstance(parameter, click.Option):
            yield record


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(render(), end="")
