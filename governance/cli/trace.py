"""What `trace import`, `trace show` and `trace export` do."""

import json
from pathlib import Path

import click

from governance.cli.check import read_transcript
from governance.cli.group import Group, option
from governance.cli.output import write_file
from governance.report.inert import one_line
from governance.trace import Step, StepKind, Trace

file_argument = click.argument("file", metavar="FILE")
out_option = option("--out", metavar="FILE", help="Where to write; else standard output.")


@click.group(cls=Group)
def trace() -> None:
    """Read, show and convert agent transcripts, in any known format."""


@trace.command("import")
@file_argument
@out_option
def import_(file: str, out: str) -> None:
    """Read a transcript of any known format, redact secrets, and write its steps as plain JSON.

    It is for your own programs; `--trace` takes the transcript itself, or what `trace export` wrote.

    \b
    Example:
      governance trace import session.jsonl --out trace.json
    """
    from governance.redaction import redact
    from governance.wire import plain

    _write(json.dumps(plain(redact(read_transcript(file))), indent=1) + "\n", out)


@trace.command()
@file_argument
def show(file: str) -> None:
    """Print the steps of a transcript, one line each, with what is missing from it.

    \b
    Example:
      governance trace show session.jsonl
    """
    read: Trace = read_transcript(file)
    source, capture = read.source, read.capture
    click.echo(
        f"{source.native_format}  {one_line(source.agent)} {one_line(source.agent_version)}"
        f"  {one_line(source.model)}"
    )
    for step in read.steps:
        click.echo(f"{step.seq:5}  {step.kind:11}  {one_line(_summary(step), 110)}")
    usage = read.usage
    click.echo(
        f"{len(read.steps)} steps, {capture.completeness}, {usage.input} tokens in, {usage.output} out"
    )
    for gap in capture.gaps:
        click.echo(f"gap at byte {gap.span.offset}, {gap.span.length} long: {one_line(gap.reason)}")


@trace.command()
@file_argument
@out_option
def export(file: str, out: str) -> None:
    """Convert a transcript of any known format to ATIF v1.8.

    \b
    Example:
      governance trace export session.jsonl --out trajectory.json
    """
    from governance.transcripts import to_atif

    _write(json.dumps(to_atif(read_transcript(file)), indent=1) + "\n", out)


def _summary(step: Step) -> str:
    if step.kind is StepKind.REASONING and step.reasoning:
        return step.reasoning.text or f"({step.reasoning.visibility}: withheld by the provider)"
    if step.call:
        return f"{step.call.name} {json.dumps(dict(step.call.arguments), default=str)}"
    if step.result:
        return f"{step.result.status}: {step.result.content}"
    if step.choice:
        return f"{step.choice.question}: {step.choice.chosen}, because {step.choice.because}"
    return step.text


def _write(text: str, out: str) -> None:
    if out:
        write_file(Path(out), text)
    else:
        click.echo(text, nl=False)
