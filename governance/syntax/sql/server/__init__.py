"""A database server's opinion: it resolves every name in a statement, and runs none of it.

Asked where the policy names a connection, and last: only about what nothing else blocks. The URL stands
in an environment variable, so that no credential is in a policy, on a command line or in a report.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from governance.database_url import database_url, engine_of
from governance.errors import ServerUnavailable
from governance.syntax.sql.kinds import Kind
from governance.syntax.sql.script import Script
from governance.syntax.sql.server.remark import Remark

__all__ = ["Remark", "remarks"]

_ENGINES = {"postgresql": "postgres", "postgres": "postgres", "mysql": "mysql", "mariadb": "mysql"}
_LEAVES_NO_TRACE = (Kind.QUERY, Kind.WRITE)


_SLOW = 2.0  # seconds in vain
_PAUSE = 30.0  # seconds until a server that cost so much is asked again
_gave_up: dict[str, tuple[float, ServerUnavailable]] = {}


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
    if engine == script.dialect.name:
        with _not_in_vain_again(url):
            yield from _of_engine(engine, url, script)


def _of_engine(engine: str, url: str, script: Script) -> Iterator[Remark]:
    module = import_module(f"{__name__}.{engine}")
    for statement in script.statements:
        yield from module.remarks(url, statement)
        if statement.kind not in _LEAVES_NO_TRACE:
            return  # what follows may need what this would make, which the server does not have


@contextmanager
def _not_in_vain_again(url: str) -> Iterator[None]:
    """A server behind a wall lets every question wait; after the first, the others need not."""
    started = time.monotonic()
    until, error = _gave_up.get(url, (started, ServerUnavailable("")))
    if started < until:
        raise ServerUnavailable(error.message, error.remedy)
    try:
        yield
    except ServerUnavailable as error:
        if time.monotonic() - started >= _SLOW:
            _gave_up[url] = (time.monotonic() + _PAUSE, error)
        raise
