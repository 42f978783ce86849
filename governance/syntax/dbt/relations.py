"""What dbt's own `manifest.json` and `catalog.json` say of tables: columns, and what is built from them.

Read by hand, as dbt's types for them cost seconds to import; the few fields that are read have been the
same since the first versions. A catalog lists what the warehouse holds, so its columns are complete. A
manifest lists the columns that somebody described, which are all of them only under an enforced contract.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.errors import InvalidInput

_STORED = ("model", "seed", "snapshot", "source")
_READERS = ("model", "snapshot", "exposure")
_KIND = re.compile(r"^https://schemas\.getdbt\.com/dbt/([a-z-]+)/")


@dataclass(frozen=True, slots=True)
class Relations:
    """Tables, as a query would write them: column → type, and the names of what is built from each.

    A table without columns exists, and its columns are not known. Readers stand nearest first.
    """

    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    readers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Production:
    """What a manifest says of the project it was made of: its name, tables, columns by unique id.

    `relations` are all its tables, `tables` the name of each node's.
    """

    project: str
    relations: Relations
    tables: Mapping[str, str]
    columns: Mapping[str, Mapping[str, str]]

    def columns_under(self, schema: Mapping[str, Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
        """Columns by unique id: those of a schema, which are all of a table, else those described."""
        known = {_plain(table): columns for table, columns in schema.items() if columns}
        found = {key: known.get(_plain(self.tables[key])) or columns for key, columns in self.columns.items()}
        return {key: columns for key, columns in found.items() if columns}


def production(text: str, name: str) -> Production:
    """What a manifest says. Raises InvalidInput, naming the file, for anything else and for a broken one."""
    relations = dbt_relations(text, name)
    data = _artifact(text)
    if relations is None or data is None or "sources" not in data or "child_map" not in data:
        raise InvalidInput(f"{name}: no manifest of dbt", "Name target/manifest.json.")
    project = data["metadata"].get("project_name")
    if not isinstance(project, str) or not project:
        remedy = "Let dbt 1.6 or newer write it."
        raise InvalidInput(f"{name}: it does not say of which project it is", remedy)
    nodes = {
        key: node
        for key, node in {**data["nodes"], **data["sources"]}.items()
        if node.get("relation_name") and node["resource_type"] in _STORED
    }
    columns = {key: _described(node) for key, node in nodes.items()}
    return Production(
        project, relations, {key: node["relation_name"] for key, node in nodes.items()}, columns
    )


def dbt_relations(text: str, name: str) -> Relations | None:
    """The relations of a manifest or a catalog, told by its content; `None` for any other text.

    Raises InvalidInput, naming the file, for another of dbt's artifacts and for a broken one.
    """
    data = _artifact(text)
    if data is None:
        return None
    readers = {"manifest": _of_manifest, "catalog": _of_catalog}
    kind = _KIND.findall(data["metadata"]["dbt_schema_version"])[0]
    if kind not in readers:
        remedy = "Name target/manifest.json or target/catalog.json."
        raise InvalidInput(f"{name}: dbt's {kind} says nothing of tables", remedy)
    try:
        return readers[kind](data)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        reason = f"{name}: not a whole {kind} of dbt: {type(error).__name__} {error}"
        raise InvalidInput(reason, "Let dbt write it again.") from error


def _artifact(text: str) -> dict[str, Any] | None:
    if "dbt_schema_version" not in text or text.lstrip()[:1] != "{":
        return None
    try:
        data = json.loads(text)
        return data if _KIND.match(data["metadata"]["dbt_schema_version"]) else None
    except (KeyError, RecursionError, TypeError, ValueError):
        return None


def _of_manifest(data: Mapping[str, Any]) -> Relations:
    tables, readers = {}, {}
    for key, node in {**data["nodes"], **data["sources"]}.items():
        relation = node.get("relation_name")
        if relation and node["resource_type"] in _STORED:
            tables[relation] = _described(node) if _contracted(node) else {}
            readers[relation] = tuple(_readers(key, data["child_map"]))
    return Relations(tables, readers)


def _plain(table: str) -> str:
    return re.sub(r'["`\[\]]', "", table).lower()


def _described(node: Mapping[str, Any]) -> dict[str, str]:
    return {column["name"]: column.get("data_type") or "" for column in node["columns"].values()}


def _contracted(node: Mapping[str, Any]) -> bool:
    return bool((node.get("contract") or {}).get("enforced"))


def _readers(key: str, children: Mapping[str, list[str]]) -> Iterator[str]:
    """Models, snapshots and exposures below a node, such as `model shop.orders`, nearest first."""
    ahead, seen = [key], {key}
    for near in ahead:  # grows as it goes
        for child in sorted(set(children.get(near, ())) - seen):
            seen.add(child)
            ahead.append(child)
            kind, _, name = child.split(".", 2)
            if kind in _READERS:
                yield f"{kind} {name}"


def _of_catalog(data: Mapping[str, Any]) -> Relations:
    tables = {}
    for entry in [*data["nodes"].values(), *data["sources"].values()]:
        about = entry["metadata"]
        parts = (about.get("database"), about["schema"], about["name"])
        name = ".".join(_quoted(part) for part in parts if part)
        tables[name] = {column["name"]: column["type"] for column in entry["columns"].values()}
    return Relations(tables)


def _quoted(name: str) -> str:
    """A name in quotes: a catalog has it as the warehouse stores it."""
    return '"' + name.replace('"', '""') + '"'
