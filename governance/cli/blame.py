"""What `blame` does: each line of a file, with the decision, the step and the thought behind it."""

import json
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from governance.cli.ledger import json_option, open_existing, policy_option
from governance.errors import InvalidInput
from governance.report.inert import inert, one_line

if TYPE_CHECKING:
    from governance.trace import Step
    from governance.view.history import ToldLine


@click.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@json_option
@policy_option
def blame(file: Path, as_json: bool, policy: str) -> None:
    """Show for each line of a file which agent's step wrote it, under which decision, and why.

    \b
    Example:
      governance blame queries/daily.sql
    """
    from governance.adapters.git import Repository
    from governance.view.history import file_history

    try:
        content = file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file}: cannot be read: {error.strerror}", "Check the path.") from error
    root = Repository.at(file.resolve().parent).root.resolve()
    lines = file_history(open_existing(policy), file.resolve().relative_to(root).as_posix(), content)
    if as_json:
        print(json.dumps([_plain(line) for line in lines], indent=2))
        return
    width = len(str(len(lines)))
    for head, run in groupby(lines, _head):
        print(head)
        for line in run:
            print(f"  {line.line:{width}}  {inert(line.text)}".rstrip())


def _head(line: "ToldLine") -> str:
    if not line.decision:
        return "older than the ledger"
    if line.step is None:
        return f"{line.decision[:8]}  no step accounts for it"
    thought = one_line(" ".join(map(_title, line.why)), 160)
    return f"{line.decision[:8]}  step {line.step} of {one_line(line.agent)}" + (thought and f": {thought}")


def _plain(line: "ToldLine") -> dict[str, Any]:
    return {
        "line": line.line,
        "text": line.text,
        "decision": line.decision,
        "step": line.step,
        "agent": line.agent,
        "why": [{"step": step.seq, "text": _title(step)} for step in line.why],
    }


def _title(step: "Step") -> str:
    from governance.view.steps import title

    return title(step)
