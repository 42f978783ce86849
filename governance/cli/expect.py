"""What `expect` does."""

import tempfile
from pathlib import Path

import click

from governance.cli.group import option
from governance.errors import InvalidInput


@click.command()
@click.argument("model", metavar="MODEL")
@click.option("--base", default="HEAD", show_default=True, metavar="REV", help="Revision to build.")
@option("--project", metavar="FOLDER", help="The dbt project, where the repository has several.")
@click.option("--write", is_flag=True, help="Write the suite beside the model; never over another one.")
@option("--policy", metavar="FILE", help="Policy file; says how long a build may take.")
def expect(model: str, base: str, project: str, write: bool, policy: str) -> None:
    """Propose a suite of expectations for a dbt model, from the data that a committed revision builds.

    The model and what it reads are built in the jail, on a throw-away DuckDB. The suite is printed as it
    belongs beside the model; look through it before you keep it.

    \b
    Example:
      governance expect orders --write
    """
    from governance.adapters.git import Repository, dbt_roots
    from governance.adapters.jail import Limits
    from governance.checks.proposed import propose_suite
    from governance.cli.check import local_policy
    from governance.govern import given_to_dbt

    settled = local_policy(policy)
    dbt = settled.dbt
    repository = Repository.at(".")
    tree = repository.tree(repository.commit(base))
    root = _root(dbt_roots(tree), project, repository.root)
    with tempfile.TemporaryDirectory(prefix="governance-") as folder:
        repository.export(tree, Path(folder) / "base")
        checkout = Path(folder) / "base" / root
        limits = Limits(seconds=dbt.timeout)
        given = given_to_dbt(settled)
        suite = propose_suite(checkout, model, base, limits, not dbt.allow_without_jail, given)
    if write:
        _write(repository.root / root / suite.path, suite.text)
    else:
        click.echo(suite.text, nl=False)


def _root(roots: frozenset[str], project: str, top: Path) -> str:
    """The project that is meant, as a path in the repository."""
    if project:
        folder = Path(project).resolve()
        named = folder.relative_to(top.resolve()).as_posix() if folder.is_relative_to(top.resolve()) else ""
        roots &= {"" if named == "." else named}
    if len(roots) == 1:
        return next(iter(roots))
    if roots:
        raise InvalidInput(f"several dbt projects: {', '.join(sorted(roots))}", "Name one with --project.")
    raise InvalidInput(
        "no dbt project in that revision" + (f" at {project}" if project else ""),
        "Commit the folder with the dbt_project.yml first.",
    )


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise InvalidInput(f"{file}: there is a suite already", "Run without --write and compare.") from error
    except OSError as error:
        raise InvalidInput(f"{file}: cannot be written: {error.strerror}", "Check the folder.") from error
    click.echo(f"wrote {file}", err=True)
