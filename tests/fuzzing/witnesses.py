"""What an engine's own parser sees in a text, asked through other doors than the product's."""

import json
import sqlite3
from dataclasses import dataclass
from functools import cache
from typing import Any

HARMFUL = frozenset({"evil", "pg_sleep", "nextval"})


@dataclass(frozen=True, slots=True)
class Sight:
    """`refused` when the engine's parser takes the text for no SQL; then all else is empty.

    `tables` are those that are stored ones, CTEs resolved; `None` where that cannot be told. Some
    engines leave qualifiers out.
    """

    refused: bool = False
    writes: bool = False
    statements: int = 1
    tables: frozenset[str] | None = frozenset()
    functions: frozenset[str] = frozenset()

    def harm(self, scope: tuple[str, ...] | None) -> str:
        """Why this must not pass as one query within a scope; empty when it may."""
        if self.writes:
            return "it writes"
        if self.statements > 1:
            return f"{self.statements} statements"
        if called := self.functions & HARMFUL:
            return f"it calls {', '.join(sorted(called))}"
        listed = {".".join(parts[at:]) for parts in map(_parts, scope or ()) for at in range(len(parts))}
        beyond = (self.tables or frozenset()) - listed
        return f"it reads {', '.join(sorted(beyond))}" if beyond and scope is not None else ""


def _parts(name: str) -> list[str]:
    return name.split(".")


def sight(text: str, dialect: str) -> Sight | None:
    """The engine's view of a text; `None` for a dialect whose engine has no parser here, or none for this."""
    witness = {"postgres": _postgres, "duckdb": _duckdb, "sqlite": _sqlite}.get(dialect)
    return witness(text) if witness else None


def _postgres(text: str) -> Sight | None:
    import postgast

    try:
        tree = postgast.parse(text)
    except postgast.PgQueryError:
        return Sight(refused=True)
    except (RecursionError, UnicodeEncodeError):
        return None
    except Exception as error:  # the message of too deep a tree is refused by protobuf
        if "DecodeError" in type(error).__name__:
            return None
        raise
    ctes, writes = set(), False
    for node in postgast.walk(tree):
        message = node[1] if isinstance(node, tuple) else node
        kind = message.DESCRIPTOR.name
        writes |= kind in {
            "InsertStmt",
            "UpdateStmt",
            "DeleteStmt",
            "MergeStmt",
            "IntoClause",
            "LockingClause",
        }
        if kind == "CommonTableExpr":
            ctes.add(message.ctename)
    writes |= any(s.stmt.WhichOneof("node") not in ("select_stmt",) for s in tree.stmts)
    tables = frozenset(postgast.extract_tables(tree))
    functions = frozenset(name.rpartition(".")[2] for name in postgast.extract_functions(tree))
    # Which of two tables of one name is the CTE is not this parser's business, so such a text is left out.
    return Sight(False, writes, len(tree.stmts), None if tables & ctes else tables, functions)


def _duckdb(text: str) -> Sight | None:
    import _duckdb as duckdb  # the package around it leaves its objects behind at exit

    connection = _duck()
    try:
        statements = connection.extract_statements(text)
    except duckdb.ParserException as error:
        return None if "depth" in str(error) else Sight(refused=True)
    except (duckdb.Error, UnicodeEncodeError):
        return None
    if [s.type for s in statements] == [duckdb.StatementType.MULTI]:
        return None  # PIVOT without values is two statements to DuckDB, a type and a query
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        return Sight(writes=bool(statements), statements=len(statements))
    (answer,) = connection.execute("select json_serialize_sql(?)", [text]).fetchone()
    try:
        tree = json.loads(answer)
        tables = frozenset(name.replace('"', "").lower() for name in connection.get_table_names(text))
    except (RecursionError, duckdb.Error):
        return None
    return Sight(tables=tables, functions=frozenset(_calls(tree)))


def _calls(tree: Any) -> set[str]:
    found, waiting = set(), [tree]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "function_name" in value:
                found.add(str(value["function_name"]).lower())
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found


@cache
def _duck() -> Any:
    import _duckdb

    return _duckdb.connect(":memory:", False, {"threads": "1", "enable_external_access": "false"})


_SYNTAX = (
    "syntax error",
    "unrecognized token",
    "incomplete input",
    "must have the same number",
    "embedded null",
)
_ASKS_ONLY = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)


def _sqlite(text: str) -> Sight | None:
    """SQLite prepares against a few tables; where it lacks one, it has at least parsed the text."""
    seen: list[tuple[int, str | None, str | None]] = []

    def note(action: int, first: str | None, second: str | None, *_: str | None) -> int:
        seen.append((action, first, second))
        return sqlite3.SQLITE_OK

    connection = _lite()
    connection.set_authorizer(note)
    try:
        connection.execute(f"explain {text}").close()
    except sqlite3.ProgrammingError as error:
        return Sight(statements=2) if "one statement" in str(error) else None
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        return Sight(refused=True) if any(word in str(error) for word in _SYNTAX) else None
    finally:
        connection.set_authorizer(None)
    return Sight(
        writes=any(action not in _ASKS_ONLY for action, _, _ in seen),
        tables=frozenset(str(t).lower() for action, t, _ in seen if action == sqlite3.SQLITE_READ and t),
        functions=frozenset(str(f).lower() for action, _, f in seen if action == sqlite3.SQLITE_FUNCTION),
    )


@cache
def _lite() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    for table in ("orders", "customers", "secret", "x", "y", "t"):
        connection.execute(f"create table {table} (id, a, b, email)")
    for name in HARMFUL:
        connection.create_function(name, -1, lambda *_: 1)
    return connection
