"""Nodes of a parsed dbt project: as plain facts for the gate, and in what ways they differ from base."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

BUILT = ("model", "seed", "snapshot")
_DBT_ITSELF = ("dbt", "dbt_duckdb")
_LARGEST_SEED = 2_000_000
_NO_NODES: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Parsed:
    """The nodes and macros of one parse. dbt parses a change into the manifest of base, so this is a copy."""

    nodes: Mapping[str, Any]
    macros: Mapping[str, Any]
    others: Mapping[str, Any]

    @classmethod
    def of(cls, manifest: Any) -> "Parsed":
        """What a manifest holds now; `others` are what feeds its nodes and what reads them outside of dbt."""
        nodes = {**manifest.nodes, **manifest.unit_tests}
        readers = {**manifest.exposures, **manifest.semantic_models, **manifest.metrics}
        return cls(nodes, dict(manifest.macros), {**manifest.sources, **readers})


NOTHING = Parsed(_NO_NODES, _NO_NODES, _NO_NODES)


def differences(head: Parsed, base: Parsed) -> dict[str, list[str]]:
    """The nodes of head that differ from base, and how: added, body, config, relation, contract …"""
    found = {}
    same_macros = head.macros == base.macros  # most changes: what is the very same object needs no look
    for key, node in head.nodes.items():
        before = base.nodes.get(key)
        if before is None:
            found[key] = ["added"]
        elif (node is not before or not same_macros) and (ways := _ways(node, before, head, base)):
            found[key] = ways
    return found


def _ways(node: Any, before: Any, head: Parsed, base: Parsed) -> list[str]:
    if str(node.resource_type) == "unit_test":
        said = ((each.model, each.given, each.expect, each.overrides) for each in (node, before))
        return ["body"] if next(said) != next(said) else []
    ways = []
    if not node.same_body(before):
        ways.append("body")
    if _settings(node) != _settings(before):
        ways.append("config")
    if _relation(node) != _relation(before):
        ways.append("relation")
    if str(node.resource_type) == "model" and (
        node.contract != before.contract or _column_types(node) != _column_types(before)
    ):
        ways.append("contract")
    if _macros(head, node) != _macros(base, before):
        ways.append("macro")
    if _parents(node) != _parents(before):
        ways.append("inputs")
    return ways


def _relation(node: Any) -> tuple[Any, ...]:
    return tuple(getattr(node, part, None) for part in ("database", "schema", "identifier"))


def _parents(node: Any) -> list[str]:
    return sorted(getattr(getattr(node, "depends_on", None), "nodes", ()))


def _settings(node: Any) -> Any:
    return node.config.to_dict(omit_none=True)


def _column_types(node: Any) -> dict[str, Any]:
    return {name: column.data_type for name, column in node.columns.items()}


def _macros(parsed: Parsed, node: Any) -> dict[str, str]:
    """Text of every macro that a node calls, directly or through others."""
    found: dict[str, str] = {}
    ahead = list(node.depends_on.macros)
    while ahead:
        key = ahead.pop()
        macro = parsed.macros.get(key)
        if key in found or macro is None:
            continue
        found[key] = macro.macro_sql
        ahead.extend(macro.depends_on.macros)
    return found


def known_by_path(node: Any) -> bool:
    """Whether dbt tells a node by the path of its file alone, as it does with a seed of over a megabyte."""
    return str(node.resource_type) == "seed" and node.checksum.name == "path"


def reads_project(parsed: Parsed, node: Any) -> bool:
    """Whether what a node renders to can depend on nodes that it does not name: it looks at `graph`."""
    texts = [getattr(node, "raw_code", ""), *_macros(parsed, node).values()]
    return any("graph" in text for text in texts)


def described_names(manifest: Any) -> set[str]:
    """Names that properties files describe, whether or not there are nodes of these names."""
    documents = (getattr(file, "dfy", None) or {} for file in manifest.files.values())
    return {
        str(entry.get("name"))
        for document in documents
        for entries in document.values()
        if isinstance(entries, list)
        for entry in entries
        if isinstance(entry, dict)
    }


def looks_at_graph(manifest: Any) -> bool:
    """Whether any template of the project, or of its packages, may look at `graph`."""
    texts = (getattr(node, "raw_code", "") for node in manifest.nodes.values())
    macros = (macro.macro_sql for macro in manifest.macros.values() if macro.package_name not in _DBT_ITSELF)
    return any("graph" in text for text in chain(texts, macros))


def describe(node: Any, tree: Path) -> dict[str, Any]:
    """The facts of a node that the gate uses, as plain data."""
    kind = str(node.resource_type)
    described: dict[str, Any] = {
        "name": node.name,
        "type": kind,
        "path": node.original_file_path,
        "parents": _parents(node),
        "columns": {name: column.data_type or "" for name, column in getattr(node, "columns", {}).items()},
        "meta": getattr(node, "meta", None) or {},
    }
    if kind in BUILT or kind == "test":
        described["settings"] = _pasted(node)
    if kind in BUILT or kind == "source":
        described |= {"database": node.database, "schema": node.schema, "identifier": node.identifier}
        described["language"] = getattr(node, "language", "sql") or "sql"
        described["materialized"] = getattr(node.config, "materialized", "") or ""
    if kind == "seed":
        described["columns"] = _seed_columns(node, tree)
    if kind == "test":
        described |= _described_test(node)
    if kind == "semantic_model":
        parts = (*node.entities, *node.dimensions, *node.measures)
        described["reads"] = sorted({str(getattr(part, "expr", None) or part.name) for part in parts})
    if kind == "unit_test":
        rows = node.expect.rows if isinstance(node.expect.rows, list) else []
        described["expected"] = sorted({str(name) for row in rows for name in row})
    return described


def _described_test(node: Any) -> dict[str, Any]:
    metadata = getattr(node, "test_metadata", None)
    return {
        "column": getattr(node, "column_name", None) or "",
        "attached": getattr(node, "attached_node", None) or "",
        "counted": node.config.fail_calc or "count(*)",
        "alarms": [node.config.warn_if, node.config.error_if],
        "test": {"name": metadata.name, "kwargs": _plain(metadata.kwargs)} if metadata else {},
        "narrowed": bool(node.config.where or node.config.limit),
        "warns": str(node.config.severity).lower() == "warn",
    }


def _seed_columns(node: Any, tree: Path) -> dict[str, str]:
    """Columns of a seed with the types that dbt will give them: declared, else told from the values."""
    from dbt_common.clients import agate_helper

    declared = dict(node.config.column_types or {})
    file = tree / node.original_file_path
    try:
        if file.stat().st_size > _LARGEST_SEED:
            return _named_in_header(file, node.config.delimiter, declared)
        table = agate_helper.from_csv(str(file), text_columns=declared, delimiter=node.config.delimiter)
    except Exception:  # agate and csv raise of every kind; building the seed will say what is wrong with it
        return _named_in_header(file, node.config.delimiter, declared)
    return {
        column: declared.get(column) or _kind(table, number)
        for number, column in enumerate(table.column_names)
    }


def _named_in_header(file: Path, delimiter: str, declared: Mapping[str, str]) -> dict[str, str]:
    try:
        return {column: declared.get(column, "") for column in _header(file, delimiter)}
    except (OSError, ValueError, csv.Error):
        return dict(declared)


def _header(file: Path, delimiter: str) -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return next(csv.reader(lines, delimiter=delimiter), [])


def _kind(table: Any, number: int) -> str:
    from dbt.adapters.duckdb.impl import DuckDBAdapter

    return str(DuckDBAdapter.convert_agate_type(table, number) or "")


def _pasted(node: Any) -> dict[str, Any]:
    """What dbt pastes into SQL of its own for a node, apart from the node's name and code."""
    metadata = getattr(node, "test_metadata", None)
    pasted = {
        "config": node.config.to_dict(omit_none=True),
        "columns": [column.to_dict(omit_none=True) for column in node.columns.values()],
        "constraints": [each.to_dict(omit_none=True) for each in getattr(node, "constraints", ())],
        "tests": {"arguments": metadata.kwargs if metadata else {}},
    }
    plain: dict[str, Any] = _plain(pasted)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
