"""DuckDB's own parser: `json_serialize_sql` parses a text, runs nothing of it, and gives its tree."""

import json
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

from governance.syntax.sql.native.reading import NativeReading, nodes

_QUERIES = ("SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE", "STATEMENT_NODE")
_SERIALIZED = "select json_serialize_sql(?, skip_null := true, skip_empty := true, skip_default := true)"
CLOSED: dict[str, Any] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "threads": "1",
    "lock_configuration": "true",
}
_one_at_a_time = threading.Lock()  # a connection serves one thread


def parsed(text: str, _schema: Mapping[str, Mapping[str, str]]) -> NativeReading | None:
    """What DuckDB reads; `None` when it is not installed, or for statements that it cannot write as JSON."""
    connection = _connection()
    if connection is None:
        return None
    with _one_at_a_time:
        (answer,) = connection.execute(_SERIALIZED, [text]).fetchone()
    try:
        tree = json.loads(answer)
    except RecursionError:
        return None
    if tree["error"]:
        refused = tree.get("error_type") == "parser" and "depth limit" not in tree["error_message"]
        return NativeReading(error=tree["error_message"]) if refused else None
    found = list(nodes(tree["statements"]))
    return NativeReading(
        len(tree["statements"]),
        frozenset(_table(node) for node in found if node.get("type") == "BASE_TABLE"),
        frozenset(node["function_name"].lower() for node in found if _is_call(node)),
        any(str(node.get("type")).endswith("_NODE") and node["type"] not in _QUERIES for node in found),
    )


def _table(node: dict[str, Any]) -> str:
    return ".".join(
        node[part] for part in ("catalog_name", "schema_name", "table_name") if node.get(part)
    ).lower()


def _is_call(node: dict[str, Any]) -> bool:
    return node.get("class") == "FUNCTION" and not node.get("is_operator")


@cache
def _connection() -> Any:
    """An empty database in memory, cut off from files and network; `None` without DuckDB.

    The compiled module is enough: the package around it costs a tenth of a second at a prompt.
    """
    try:
        import _duckdb
    except ImportError:
        return None
    return _duckdb.connect(":memory:", False, CLOSED)
