"""URLs of databases hold passwords: they stand in environment variables, and nothing of one is ever shown."""

import os
import re

from governance.errors import InvalidInput, ServerUnavailable


def variable_named(name: str) -> str:
    """The same name. Raises InvalidInput for what is none, such as a URL, without showing it."""
    if not name.isidentifier():
        remedy = "Put the URL into the environment, and name its variable, such as WAREHOUSE_URL."
        raise InvalidInput("the name of an environment variable is expected", remedy)
    return name


def database_url(variable: str) -> str:
    """The URL that the variable holds. Raises ServerUnavailable when it holds none."""
    url = os.environ.get(variable_named(variable), "")
    if not url:
        remedy = f"Set {variable}, for example to postgresql://USER:PASSWORD@HOST/DATABASE."
        raise ServerUnavailable("is unknown: the variable is not set", remedy)
    return url


def engine_of(url: str) -> str:
    """What kind of database a URL leads to, such as `postgresql`."""
    return url.partition(":")[0].partition("+")[0].lower()


def without_address(error: BaseException) -> str:
    """What a driver says, without what it quotes: that may be a host with half a password in it."""
    said = str(error.args[-1] if error.args else error).strip().partition("\n")[0]
    reason = said.rpartition("failed: ")[2].replace("Can't", "Cannot")
    return re.sub(r"""(["'`]).*\1""", "…", reason)
