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

from governance.adapters.dbt.given import Given
from governance.adapters.dbt.saved import MANIFEST, NODES
from governance.adapters.dbt.state import read_nodes
from governance.adapters.dbt.tree import digest_of
from governance.changeset import Tree
from governance.syntax.dbt.graph import Graph, Node
from governance.syntax.dbt.layout import PROJECT_FILE

if TYPE_CHECKING:
    from governance.syntax.dbt.outputs import Known, Outputs

COLUMNS, ABOUT = "columns.json", "about.json"
_KEPT = 20
_FORMAT = "5"
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

    @property
    def outputs(self) -> "Outputs":
        """What the nodes put out. This imports the parser of SQL, so it is asked for while dbt works."""
        from governance.syntax.dbt.outputs import Outputs

        return Outputs(Graph(self.nodes), self.about["dialect"], self.known)

    @cached_property
    def about(self) -> Mapping[str, Any]:
        """What is known of it as a whole.

        Which project it `fits`, how many `updates` it is away from one that was read from nothing, the
        `dialect` of its SQL, and the names `called` in that.
        """
        about: dict[str, Any] = json.loads((self.folder / ABOUT).read_bytes())
        return about

    def tell_columns(self, known: "Known") -> None:
        """Write down the columns of the nodes."""
        told = {"columns": known.columns, "bound": sorted(known.bound)}
        (self.folder / COLUMNS).write_text(json.dumps(told), "utf-8")

    def hand_to(self, folder: Path) -> None:
        """Copy what a worker needs, in one step: never a link, since what a worker is given it may alter."""
        beside = folder.with_name(folder.name + ".part")
        beside.mkdir()
        shutil.copyfile(self.folder / MANIFEST, beside / MANIFEST)
        beside.rename(folder)


class Bases:
    """The bases that are kept in a cache folder, or none where there is no such folder.

    `dialect` is what their SQL is said to be; else it is told from what they say. What dbt is `given` beside
    a project is part of what a base is known by, and so are its installed `packages`.
    """

    def __init__(
        self, cache: Path | None, dialect: str = "", given: Given = Given(), packages: tuple[Path, ...] = ()
    ) -> None:
        self.given = given
        self.packages = packages
        self._digests = (dialect, given.digest, *map(digest_of, packages))
        self._folder = cache / "bases" if cache else None
        self.dialect = dialect

    def get(self, tree: Tree, root: str) -> Base | None:
        """What is known of the project in the folder `root` of a tree, if it is kept."""
        place = self._place(tree, root)
        if place is None or not (place / NODES).is_file():
            return None
        with contextlib.suppress(OSError):
            os.utime(place)
        return Base(place)

    def nearest(self, fits: str, most_updates: int) -> Base | None:
        """The base that was used last among those of the same project and settings."""
        if self._folder is None or not self._folder.is_dir():
            return None
        for base in map(Base, _newest(self._folder)):
            with contextlib.suppress(OSError, ValueError, KeyError):  # spoilt, or being kept just now
                if base.about["fits"] == fits and base.about["updates"] < most_updates:
                    return base
        return None

    def keep(self, found: Base, tree: Tree, root: str) -> Base:
        """Keep a base in one step; where the folder cannot be written, it stays where it is."""
        place = self._place(tree, root)
        if place is None:
            return found
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside = Path(tempfile.mkdtemp(prefix="new-", dir=place.parent))
            for name in (MANIFEST, NODES, COLUMNS, ABOUT):
                shutil.copyfile(found.folder / name, beside / name)
            os.rename(beside, place)
            for folder in _newest(place.parent)[_KEPT:]:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # no room, no right, or somebody has just kept the same
            return Base(place) if (place / NODES).is_file() else found
        return Base(place)

    def _place(self, tree: Tree, root: str) -> Path | None:
        return self._folder / _digest(tree.digest(root), *self._digests) if self._folder else None

    def fitting(self, project: Path) -> str:
        """The same for two projects of which dbt can parse one on top of the other."""
        settings = (project / PROJECT_FILE).read_bytes()
        return _digest(hashlib.sha256(settings).hexdigest(), *self._digests)


def _digest(*of: str) -> str:
    """Differs when what is read does, or what reads it."""
    versions = (metadata.version(name) for name in _READERS)
    return hashlib.sha256("\n".join((_FORMAT, *versions, *of)).encode()).hexdigest()[:32]


def _newest(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=lambda kept: kept.stat().st_mtime, reverse=True)
