"""What `keys init`, `keys show` and `keys trust` do."""

import getpass
import os

import click

from governance.cli.group import Group, option
from governance.cli.output import write_file
from governance.errors import InvalidInput
from governance.keys import SigningKey, Trust, key_path
from governance.policy import POLICY_FILE, Policy

key_option = option("--key", metavar="FILE", help="The private key; else the default place.")


@click.group(cls=Group)
def keys() -> None:
    """Make and trust signing keys."""


@keys.command()
@key_option
def init(key: str) -> None:
    """Make a signing key, readable by you only.

    \b
    Example:
      governance keys init
    """
    made = SigningKey.generate()
    click.echo(f"wrote {made.save(given=key)}, key {made.key_id}")


@keys.command()
@key_option
def show(key: str) -> None:
    """Print the id and the public half of your key.

    \b
    Example:
      governance keys show
    """
    loaded = SigningKey.load(given=key)
    click.echo(
        f"key    {loaded.key_id}\npublic {loaded.public['keyval']['public']}\nfile   {key_path(given=key)}"
    )


@keys.command()
@option("--owner", help="Who holds the key.")
@key_option
def trust(owner: str, key: str) -> None:
    """Add your public key to the trust file of this repository; commit it to the base branch.

    \b
    Example:
      governance keys trust --owner data-platform
    """
    from governance.adapters.git import Repository

    root = Repository.at().root
    policy = root / POLICY_FILE
    name = (Policy.load(policy) if os.path.lexists(policy) else Policy()).signing.trust
    loaded, file = SigningKey.load(given=key), root / name
    known = Trust.parse(file.read_bytes(), str(file)) if file.exists() else Trust({})
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"{file}: cannot be written: {error.strerror}", "Check the folder.") from error
    write_file(file, known.with_key(loaded, owner or getpass.getuser()).to_json())
    click.echo(f"{name} trusts {loaded.key_id}; commit it to the base branch")
