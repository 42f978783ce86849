"""MariaDB prepares one statement: it parses it, looks up every name, and executes nothing.

What may only read is prepared in a read-only transaction, in which it also refuses a function or a view
that would write. It says what is missing, and not where. Of MySQL nobody has shown that nothing runs.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from governance.database_url import without_address
from governance.errors import ServerUnavailable
from governance.syntax.sql.context import Profile
from governance.syntax.sql.script import Statement
from governance.syntax.sql.server.remark import Remark

if TYPE_CHECKING:
    from pymysql.connections import Connection

CONNECT_SECONDS = 5
ANSWER_SECONDS = 5  # for each answer
_MAY_WRITE = (Profile.WRITE, Profile.MIGRATE)
_CANNOT_BE_PREPARED = 1295
# Errors that speak of the server and the moment rather than of the statement: full, going down, locked,
# timed out; and all of the driver's own.
_OF_THE_MOMENT = {1040, 1041, 1053, 1105, 1135, 1203, 1205, 1213, 1226, 1317, 1927, 1969, *range(2000, 3025)}


def remarks(url: str, statement: Statement) -> Iterator[Remark]:
    """Why the server refuses a statement. Raises ServerUnavailable."""
    script = statement.script
    refusal = _refusal(url, script.text[statement.start : statement.end], script.context.profile)
    if refusal:
        yield Remark(refusal, statement.start, statement.end)


def _refusal(url: str, sql: str, profile: Profile) -> str:
    try:
        import pymysql
    except ImportError as error:
        raise ServerUnavailable(
            "cannot be asked: pymysql is not installed", "Install the extra `mysql`."
        ) from error
    try:
        with closing(_connection(url)) as connection, connection.cursor() as cursor:
            if "MariaDB" not in str(connection.get_server_info()):
                raise ServerUnavailable("is no MariaDB, and no other of its kind is asked")
            cursor.execute("set session lock_wait_timeout = 1")
            if profile not in _MAY_WRITE:
                cursor.execute("start transaction read only")
            cursor.execute("set @governance = %s", (sql,))
            return _prepared(cursor)
    except pymysql.Error as error:
        raise ServerUnavailable(f"did not answer: {without_address(error)}") from error


def _prepared(cursor: Any) -> str:
    """Why the server does not prepare what the variable holds; "" when it does."""
    from pymysql import Error

    try:
        cursor.execute("prepare governance from @governance")
    except Error as error:
        code, *message = error.args
        if code in _OF_THE_MOMENT:
            raise
        return "" if code == _CANNOT_BE_PREPARED else str(message[-1])
    return ""


def _connection(url: str) -> "Connection[Any]":
    from pymysql import connect

    try:
        parts = urlsplit(url)
        return connect(
            host=parts.hostname or "localhost",
            port=parts.port or 3306,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=unquote(parts.path.lstrip("/")) or None,
            unix_socket=parse_qs(parts.query).get("unix_socket", [None])[0],
            charset="utf8mb4",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=ANSWER_SECONDS,
            write_timeout=ANSWER_SECONDS,
        )
    except ValueError as error:
        raise ServerUnavailable("has a URL that cannot be read") from error
