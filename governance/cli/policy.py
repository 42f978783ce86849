"""What `policy init`, `policy check` and `policy schema` do."""

import json
import os
from pathlib import Path

import click

from governance.cli.group import Group
from governance.cli.output import write_file
from governance.errors import InvalidInput
from governance.policy import POLICY_FILE, Policy


@click.group(cls=Group)
def policy() -> None:
    """Write, check and document the policy."""


TEMPLATE = """\
# What this team allows. Every key is optional; `governance policy schema` explains them all.
version: 1

verdicts:          # what a finding of each severity leads to
  medium: review
  high: block
  critical: block

sql:
  dialect: duckdb  # of SQL files that do not name their own
  profile: read    # read, model, write or migrate
  # tables: [orders, customers]   # leave out to allow every table
  # functions: [my_schema.my_pure_function]
  # connection: WAREHOUSE_URL      # environment variable with a server's URL: it prepares SQL, and runs none

trace:
  missing: medium  # an agent's change without a trace
  # reasoning: summary            # least visibility of reasoning that is accepted

# rules:
#   SQL014: low    # weigh one rule otherwise
# waivers:
#   - fingerprint: 0123456789abcdef
#     author: ada
#     reason: the table is empty on purpose
#     expires: 2030-01-31
"""


@policy.command()
@click.argument("file", default=POLICY_FILE, type=click.Path(path_type=Path), metavar="[FILE]")
def init(file: Path) -> None:
    """Write a commented policy to start from.

    \b
    Example:
      governance policy init
    """
    if os.path.lexists(file):
        raise InvalidInput(f"{file} exists; it is not overwritten", "Edit it, or name another file.")
    write_file(file, TEMPLATE)
    click.echo(f"wrote {file}")


@policy.command()
@click.argument("file", default=POLICY_FILE, type=click.Path(path_type=Path), metavar="[FILE]")
def check(file: Path) -> None:
    """Say whether a policy file is valid, and its digest.

    \b
    Example:
      governance policy check governance.yml
    """
    click.echo(f"{file}: valid, digest {Policy.load(file).digest}")


@policy.command()
def schema() -> None:
    """Print the JSON Schema of the policy file.

    \b
    Example:
      governance policy schema > governance.schema.json
    """
    click.echo(json.dumps(Policy.schema(), indent=2))
