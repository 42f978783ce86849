"""The commands, in the order of their use. Each imports what it needs when it runs."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from governance.cli import COULD_NOT_DECIDE
from governance.cli.group import Group, option
from governance.errors import InvalidInput
from governance.policy import PROFILES

Command = TypeVar("Command", bound=Callable[..., object])
FORMATS = ("text", "json", "sarif", "markdown")


@click.group(cls=Group)
def app() -> None:
    """A gate between coding agents and a data platform.

    Exit status: 0 pass, 1 block, 2 could not decide, 3 review.
    """


def run(arguments: list[str]) -> int:
    """Run one command; its exit status. Click's own way would end an interrupted command like a block."""
    if "_GOVERNANCE_COMPLETE" in os.environ:
        app(prog_name="governance")
    try:
        with app.make_context("governance", arguments) as context:
            return int(app.invoke(context) or 0)
    except click.exceptions.Exit as end:  # --help
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return COULD_NOT_DECIDE


def _or_empty(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str:
    return value or ""


def sql_options(command: Command) -> Command:
    """The options that say how SQL is judged."""
    for decorate in (
        click.option(
            "--schema",
            metavar="FILE",
            multiple=True,
            help="Tables and columns, also as dbt's manifest.json or catalog.json; may be repeated.",
        ),
        click.option("--tables", metavar="a,b", help="The only tables that SQL may touch."),
        click.option("--profile", type=click.Choice(PROFILES), callback=_or_empty, help="What SQL may do."),
        option("--dialect", metavar="D", help="SQL dialect, such as duckdb or snowflake."),
        option("--policy", metavar="FILE", help="Policy file to judge by."),
    ):
        command = decorate(command)
    return command


@app.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]…")
@option("--sql", metavar="TEXT", help="Judge one SQL text; - reads it from standard input.")
@sql_options
@option("--base", metavar="REV", help="Judge what changed since REV.")
@option("--head", metavar="REV", help="Up to REV; else the work tree.")
@option("--trace", metavar="FILE", help="The agent's transcript.")
@option("--manifest", metavar="FILE", help="dbt's manifest.json that production runs from, with --base.")
@click.option("--by-hand", is_flag=True, help="A person wrote the change.")
@click.option("--record", is_flag=True, help="Sign the decision and keep it as evidence.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How to write the report.")
@option(
    "--data-docs",
    metavar="FOLDER",
    help="Write Great Expectations' pages of what was validated into an empty folder. They hold counts, and "
    "a browser loads nothing for them.",
)
def check(**options: object) -> int:
    """Judge files, one SQL text, or what a branch changes.

    \b
    Examples:
      governance check --sql "delete from orders" --dialect postgres --profile write
      governance check models/ --dialect snowflake
      governance check --base main --trace session.jsonl
    """
    from governance.cli.check import Request, run_check

    if options["sql"] == "-":
        if sys.stdin is None:
            raise InvalidInput("standard input is closed", "Pipe the SQL text into --sql -.")
        options["sql"] = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    return run_check(Request(**options))  # type: ignore[arg-type]


@app.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.jsonl")
@sql_options
@click.option("--jobs", type=click.IntRange(1, 256), default=1, metavar="N", help="Judge in N processes.")
def replay(
    file: Path,
    policy: str,
    dialect: str,
    profile: str,
    tables: str | None,
    schema: tuple[str, ...],
    jobs: int,
) -> int:
    """Judge many statements, such as a warehouse's query history; one JSON object out per line in.

    \b
    Example:
      governance replay history.jsonl --dialect snowflake > verdicts.jsonl
    """
    from governance.cli.check import run_replay

    return run_replay(file, dialect, profile, tables, schema, policy, jobs)


@app.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@option("--policy", metavar="FILE", help="Policy file to judge by.")
def monitor(files: tuple[Path, ...], policy: str) -> int:
    """Scan agent transcripts for misbehaviour; one JSON object per trace.

    \b
    Example:
      governance monitor ~/.claude/projects/shop/*.jsonl
    """
    from governance.cli.check import run_monitor

    return run_monitor(list(files), policy)


@app.command()
@click.argument("code", default="", metavar="[CODE]")
def rules(code: str) -> None:
    """List every rule, or explain one by its code or name.

    \b
    Example:
      governance rules SQL001
    """
    from governance.cli.catalog import print_rules

    print_rules(code)


app.add_elsewhere(
    log="ledger:log",
    show="ledger:show",
    lineage="ledger:lineage",
    blame="blame:blame",
    verify="ledger:verify",
    approve="ledger:approve",
    trace="trace:trace",
    policy="policy:policy",
    schema="schema:schema",
    expect="expect:expect",
    keys="keys:keys",
)


@app.command()
@click.argument("agent", metavar="AGENT")
def hook(agent: str) -> int:
    """Judge one tool call before an agent runs it; the agent's hook JSON is read from standard input.

    AGENT is claude_code, codex, gemini or cursor. Agents treat an exit status of their own as a
    refusal, so end the command with `|| exit 2`: then nothing runs, even when the gate is missing.

    \b
    Example (Claude Code, settings.json, PreToolUse):
      governance hook claude_code || exit 2
    """
    from governance.cli.hook import run_hook

    return run_hook([agent])


@app.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8791, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on."
)
@option("--policy", metavar="FILE", help="Policy file; says where the ledger is.")
def serve(host: str, port: int, policy: str) -> None:
    """Show the lineage view on this machine, without Airflow. A one-time link is printed.

    \b
    Example:
      governance serve --port 8791
    """
    from governance.cli.serve import run_server

    run_server(host, port, policy)
