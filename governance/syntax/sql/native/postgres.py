"""PostgreSQL's own parser, in the form of libpg_query."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from governance.syntax.sql.native.reading import NativeReading, nodes

_WRITES = ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "intoClause")


def parsed(text: str, _schema: Mapping[str, Mapping[str, str]]) -> NativeReading | None:
    """What PostgreSQL reads; `None` when `postgast` is not installed or the text is too deep for it."""
    library = _library()
    if library is None:
        return None
    result = library.pg_query_parse(text.encode())
    try:
        if result.error:
            message: bytes = result.error.contents.message or b"refused"
            return NativeReading(error=message.decode("utf-8", "replace").partition("\n")[0])
        tree = json.loads(result.parse_tree, strict=False)
    except RecursionError:
        return None
    finally:
        library.pg_query_free_parse_result(result)
    found = list(nodes(tree))
    return NativeReading(
        len(tree.get("stmts", ())),
        frozenset(_table(node) for node in found if "relname" in node),
        frozenset(name for node in found if "funcname" in node for name in _written(node["funcname"])),
        any(key in node for node in found for key in _WRITES),
    )


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
