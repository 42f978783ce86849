"""A database server's opinion: it resolves every name in a statement, and runs none of it.

Asked where the policy names a connection, and last: only about what nothing else blocks. The URL stands
in an environment variable, so that no credential is in a policy, on a command line or in a report.
"""

from collections.abc import Iterator
from importlib import import_module

from governance.database_url import database_url, engine_of
from governance.errors import ServerUnavailable
from governance.syntax.sql.kinds import Kind
from governance.syntax.sql.script import Script
from governance.syntax.sql.server.remark import Remark

__all__ = ["Remark", "remarks"]

_ENGINES = {"postgresql": "postgres", "postgres": "postgres", "mysql": "mysql", "mariadb": "mysql"}
_LEAVES_NO_TRACE = (Kind.QUERY, Kind.WRITE)


def remarks(script: Script) -> Iterator[Remark]:
    """What the server has to say against the statements of a script, when it is of their dialect.

    Raises ServerUnavailable when it cannot be asked: no such variable, no driver, no answer in time.
    """
    server = script.context.server
    if server is None or script.dialect is None:
        return
    url = database_url(server.variable)
    engine = _ENGINES.get(engine_of(url))
    if engine is None:
        raise ServerUnavailable("is of a kind that is not asked; PostgreSQL and MariaDB are")
    if engine != script.dialect.name:
        return
    module = import_module(f"{__name__}.{engine}")
    for statement in script.statements:
        yield from module.remarks(url, statement)
        if statement.kind not in _LEAVES_NO_TRACE:
            return  # what follows may need what this would make, which the server does not have
