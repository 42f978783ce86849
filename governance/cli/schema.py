"""What `schema` does."""

import click

from governance.cli.group import option
from governance.errors import InvalidInput


@click.command()
@option("--connection", metavar="NAME", help="Environment variable with the database's URL.")
@option("--policy", "file", metavar="FILE", help="Policy file; its sql.connection is used otherwise.")
def schema(connection: str, file: str) -> None:
    """Print tables and columns of a database, as --schema and the policy take them. It is only read.

    The URL comes from the environment, so that no password is on a command line: postgresql:, mysql:,
    mariadb:, sqlite: or duckdb:.

    \b
    Example:
      governance schema --connection WAREHOUSE_URL > schema.yml
    """
    from governance.adapters.warehouse import read_tables
    from governance.cli.check import local_policy

    variable = connection or local_policy(file).sql.connection
    if not variable:
        raise InvalidInput("no database is named", "Use --connection NAME, or sql.connection in the policy.")
    tables = read_tables(variable)
    if not tables:
        raise InvalidInput(f"the database of {variable} has no table to see", "Check its name, and grants.")
    for table in tables:
        click.echo(_entry(table.name, dict(table.columns), table.key), nl=False)


def _entry(name: str, columns: dict[str, str], key: tuple[str, ...]) -> str:
    """One table as YAML, with its primary key as a comment."""
    import yaml

    text = yaml.safe_dump({name: columns}, allow_unicode=True, sort_keys=False, width=10_000)
    comment = f"  # primary key: {' '.join(', '.join(key).split())}" if key else ""
    return text.replace("\n", f"{comment}\n", 1)
