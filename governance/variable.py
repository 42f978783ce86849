"""Environment variables that hold the URL of a database, which are named where the URL must not stand."""

from governance.errors import InvalidInput


def variable_named(name: str) -> str:
    """The same name. Raises InvalidInput for what is none, such as a URL, without showing it."""
    if not name.isidentifier():
        remedy = "Put the URL into the environment, and name its variable, such as WAREHOUSE_URL."
        raise InvalidInput("the name of an environment variable is expected", remedy)
    return name
