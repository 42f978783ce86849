"""A conversation with PostgreSQL in which no answer is waited for longer than a few seconds."""

import re
import selectors
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.database_url import without_address
from governance.errors import ServerUnavailable

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

CONNECT_SECONDS = 5
ANSWER_SECONDS = 5.0  # for everything that is asked on one connection
_BEGIN = b"begin read only; set local statement_timeout = '4s'; set local lock_timeout = '1s'"
# Classes of SQLSTATE that speak of the server and the moment rather than of the statement.
_OF_THE_MOMENT = ("08", "53", "54", "55", "57", "58", "XX")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the server refuses a statement, in its words, and at which character, counted from 0."""

    reason: str
    offset: int


@contextmanager
def session(url: str) -> Iterator["Session"]:
    """A connection of its own, in a read-only transaction that ends with it. Raises ServerUnavailable."""
    try:
        import psycopg
    except ImportError as error:
        raise ServerUnavailable(
            "cannot be asked: psycopg is not installed", "Install the extra `postgres`."
        ) from error
    address = re.sub(r"^\w+(\+\w+)?:", "postgresql:", url)
    try:
        connection = psycopg.connect(
            address,
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            client_encoding="utf8",
            fallback_application_name="airflow-governance",
        )
        with closing(connection):
            asked = Session(connection.pgconn)
            asked.query(_BEGIN)
            yield asked
    except psycopg.OperationalError as error:
        raise ServerUnavailable(f"cannot be reached: {without_address(error)}") from error
    except psycopg.Error as error:
        raise ServerUnavailable("has a URL that cannot be read") from error


class Session:
    """What is asked on one connection. Every method raises ServerUnavailable when no answer comes."""

    def __init__(self, pgconn: "PGconn") -> None:
        self._pgconn = pgconn
        self._deadline = time.monotonic() + ANSWER_SECONDS

    def query(self, sql: bytes, parameters: Sequence[bytes] | None = None) -> list[tuple[str, ...]]:
        """The rows of a query of our own; without parameters it may be several statements."""
        if parameters is None:
            self._pgconn.send_query(sql)
        else:
            self._pgconn.send_query_params(sql, parameters)
        rows: list[tuple[str, ...]] = []
        for result in self._results():
            if result.error_message:
                raise ServerUnavailable(f"did not answer: {_message(result)}")
            rows += [_row(result, number) for number in range(result.ntuples)]
        return rows

    def prepare(self, sql: str) -> Refusal | None:
        """Have one statement prepared; why not, if the server refuses."""
        from psycopg.pq import DiagnosticField

        self._pgconn.send_prepare(b"", sql.encode("utf-8", "surrogatepass"))
        for result in self._results():
            if result.error_message:
                state = _field(result, DiagnosticField.SQLSTATE)
                if not state or state.startswith(_OF_THE_MOMENT):
                    raise ServerUnavailable(f"did not answer: {_message(result)}")
                place = _field(result, DiagnosticField.STATEMENT_POSITION)
                return Refusal(_message(result), int(place or 1) - 1)
        return None

    def _results(self) -> Iterator["PGresult"]:
        self._wait()
        while (result := self._pgconn.get_result()) is not None:
            yield result
            self._wait()

    def _wait(self) -> None:
        """Until there is a result to get. The library's own way would wait for ever."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._pgconn.socket, selectors.EVENT_READ)
            while self._pgconn.flush() or self._pgconn.is_busy():
                left = self._deadline - time.monotonic()
                if left <= 0:
                    raise ServerUnavailable(f"did not answer within {ANSWER_SECONDS:g} s")
                if selector.select(min(left, 0.1)):
                    self._pgconn.consume_input()


def _message(result: "PGresult") -> str:
    from psycopg.pq import DiagnosticField

    hint = _field(result, DiagnosticField.MESSAGE_HINT)
    return _field(result, DiagnosticField.MESSAGE_PRIMARY) + (f" ({hint})" if hint else "")


def _field(result: "PGresult", field: int) -> str:
    return (result.error_field(field) or b"").decode("utf-8", "replace")


def _row(result: "PGresult", number: int) -> tuple[str, ...]:
    values = (result.get_value(number, column) for column in range(result.nfields))
    return tuple((value or b"").decode("utf-8", "replace") for value in values)
