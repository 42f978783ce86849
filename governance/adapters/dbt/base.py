"""What is known of a base: its parsed project and its rendered SQL, kept by the digest of its files.

Parsing and rendering thousands of models takes minutes and a change touches a few of them, so base is
read once and every change is parsed on top of it. It is read by a jailed worker that has nothing else,
and the file that dbt reads again is opened in jails only. Whoever can write to the cache folder can
change what base seems to be, as they can change the installed packages.
"""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.adapters.dbt.saved import MANIFEST, NODES
from governance.adapters.jail import Limits
from governance.adapters.worker import Worker
from governance.changeset import Tree
from governance.syntax.dbt.graph import Graph, Node

if TYPE_CHECKING:
    from governance.syntax.dbt.outputs import Known

WAREHOUSE = "warehouse"

DIALECT = "duckdb"
"""What projects are rendered for, whatever warehouse they are meant for."""
COLUMNS = "columns.json"
_KEPT = 20
_FORMAT = "1"
_READERS = ("airflow-governance", "dbt-core", "dbt-duckdb", "duckdb", "sqlglot")


@dataclass(frozen=True)
class Base:
    """What is known of one base, in a folder."""

    folder: Path

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """Nodes by dbt's unique id, their rendered sql, why some are unrendered, which look wide; hooks."""
        facts: dict[str, Any] = json.loads((self.folder / NODES).read_bytes())
        return facts

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes, with their rendered SQL."""
        return read_nodes(self.facts["nodes"], self.facts["sql"])

    @property
    def known(self) -> "Known":
        """The columns of the nodes."""
        from governance.syntax.dbt.outputs import Known

        told = json.loads((self.folder / COLUMNS).read_bytes())
        return Known(told["columns"], frozenset(told["bound"]))

    def tell_columns(self) -> None:
        """Find out the columns of all nodes, which is what takes long once they are rendered."""
        from governance.syntax.dbt.outputs import known_columns

        known = known_columns(Graph(self.nodes), DIALECT)
        told = {"columns": known.columns, "bound": sorted(known.bound)}
        (self.folder / COLUMNS).write_text(json.dumps(told), "utf-8")

    def hand_to(self, folder: Path) -> None:
        """Copy what a worker needs: never a link, since what a worker is given it may alter."""
        folder.mkdir()
        shutil.copyfile(self.folder / MANIFEST, folder / MANIFEST)


def known_base(
    tree: Tree, root: str, cache: Path | None, scratch: Path, limits: Limits, jail_required: bool
) -> Base:
    """What is known of the project in the folder `root` of a tree; raises WorkerFailed.

    It comes from the cache, or is found out now in a jail; without a cache it is kept in `scratch` alone.
    """
    place = cache / "bases" / _key(tree.digest(root)) if cache else scratch / "known"
    if (place / NODES).is_file():
        with contextlib.suppress(OSError):
            os.utime(place)
        return Base(place)
    found, files = scratch / "reading", (tree.folder() / root).resolve()
    module = "governance.adapters.dbt.worker"
    with Worker(module, found, limits, jail_required=jail_required, readable=(files,)) as worker:
        worker.ask("save", tree=str(files))
    Base(found / "saved").tell_columns()
    return Base(_keep(found / "saved", place))


def _key(digest: str) -> str:
    """Differs when a file of the project does, or what reads it."""
    versions = (metadata.version(name) for name in _READERS)
    return hashlib.sha256("\n".join((_FORMAT, *versions, digest)).encode()).hexdigest()[:32]


def _keep(found: Path, place: Path) -> Path:
    """Put a folder into the cache in one step; where that cannot be written, it stays where it is."""
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix="new-", dir=place.parent))
        for name in (MANIFEST, NODES, COLUMNS):
            shutil.copyfile(found / name, beside / name)
        os.rename(beside, place)
        _forget_oldest(place.parent)
    except OSError:  # no room, no right, or somebody has just kept the same
        return place if (place / NODES).is_file() else found
    return place


def _forget_oldest(cache: Path) -> None:
    kept = sorted(cache.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in kept[_KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)


def read_nodes(described: Mapping[str, Any], sql: Mapping[str, str]) -> dict[str, Node]:
    """Nodes from what the worker says of them."""
    return {key: _node(key, facts, sql.get(key, "")) for key, facts in described.items()}


def _node(key: str, facts: Mapping[str, Any], sql: str) -> Node:
    relation = ""
    if "identifier" in facts:
        relation = ".".join((facts.get("database") or WAREHOUSE, facts["schema"], facts["identifier"]))
    parents = tuple(facts["parents"])
    return Node(
        key, facts["name"], facts["type"], facts["path"], parents, relation, facts["columns"], sql, facts
    )
