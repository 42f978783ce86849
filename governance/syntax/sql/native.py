"""What PostgreSQL's own parser makes of a text, to hold against our reading of it.

Used where `postgast` (libpg_query) is installed; it runs nothing and needs no server. Text of a size
or depth that its bindings cannot carry has no second reading, only ours.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from governance.syntax.sql.script import Script

# Nesting of many thousands of levels overflows the native stack, which no `except` can catch.
MAX_TOKENS = 4_000


@dataclass(frozen=True, slots=True)
class NativeReading:
    """How many statements there are, and which tables and functions they name.

    `error` is set instead of all else when the parser refuses the text.
    """

    statements: int = 0
    tables: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    error: str = ""


def native_reading(script: Script) -> NativeReading | None:
    """The engine's reading of a script; `None` where no native parser of its dialect is installed."""
    if script.dialect is None or script.dialect.name != "postgres":
        return None
    library = _library()
    if library is None or sum(len(statement.tokens) for statement in script.statements) > MAX_TOKENS:
        return None
    result = library.pg_query_parse(script.text.encode())
    try:
        if result.error:
            message: bytes = result.error.contents.message or b"refused"
            return NativeReading(error=message.decode("utf-8", "replace").partition("\n")[0])
        parsed = json.loads(result.parse_tree, strict=False)
    except RecursionError:
        return None
    finally:
        library.pg_query_free_parse_result(result)
    nodes = list(_nodes(parsed))
    return NativeReading(
        len(parsed.get("stmts", ())),
        frozenset(_table(node) for node in nodes if "relname" in node),
        frozenset(name for node in nodes if "funcname" in node for name in _written(node["funcname"])),
    )


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a parse tree."""
    waiting = [tree]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _table(node: dict[str, Any]) -> str:
    return ".".join(node[part] for part in ("catalogname", "schemaname", "relname") if node.get(part))


def _written(name: Any) -> Iterator[str]:
    """The last part of a function's name; nothing for what the grammar itself turns into calls.

    EXTRACT, OVERLAY and the like become calls of pg_catalog, which are no calls as written.
    """
    parts = [part["String"].get("sval", "") for part in name]
    if len(parts) == 1 or parts[-2] != "pg_catalog":
        yield parts[-1]


@cache
def _library() -> Any:
    """The C library that `postgast` brings, or `None`.

    Only its binding is loaded: the package itself builds a class for each of PostgreSQL's nodes,
    which takes half a second that somebody at a prompt would have to wait.
    """
    package = find_spec("postgast")
    for folder in (package.submodule_search_locations or ()) if package else ():
        spec = spec_from_file_location("governance_libpg_query", Path(folder) / "native.py")
        if spec is None or spec.loader is None:
            continue
        binding = module_from_spec(spec)
        spec.loader.exec_module(binding)
        return binding.lib
    return None
