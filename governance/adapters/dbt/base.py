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
from typing import Any

from governance.adapters.dbt.saved import MANIFEST, NODES
from governance.adapters.dbt.tree import copy_tree, digest_of
from governance.adapters.jail import Limits
from governance.adapters.worker import Worker

_KEPT = 20
_FORMAT = "1"


@dataclass(frozen=True)
class Base:
    """A folder with what is known of one base. `facts` holds nodes, sql, unrendered and hooks."""

    folder: Path

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """The facts of all nodes, by dbt's unique id."""
        facts: dict[str, Any] = json.loads((self.folder / NODES).read_bytes())
        return facts

    def hand_to(self, folder: Path) -> None:
        """Copy what a worker needs: never a link, since what a worker is given it may alter."""
        folder.mkdir()
        shutil.copyfile(self.folder / MANIFEST, folder / MANIFEST)


def known_base(tree: Path, cache: Path | None, scratch: Path, limits: Limits, jail_required: bool) -> Base:
    """What is known of a project, from the cache or found out now in a jail; raises WorkerFailed.

    Without a cache folder it is kept in `scratch` alone.
    """
    place = cache / _key(tree) if cache else scratch / "known"
    if (place / NODES).is_file():
        with contextlib.suppress(OSError):
            os.utime(place)
        return Base(place)
    found = scratch / "reading"
    copy_tree(tree, found / "base" / "tree")
    with Worker("governance.adapters.dbt.worker", found, limits, jail_required=jail_required) as worker:
        worker.ask("save")
    return Base(_keep(found / "saved", place))


def _key(tree: Path) -> str:
    """Differs when a file of the project does, or what reads it."""
    versions = (metadata.version(name) for name in ("dbt-core", "dbt-duckdb", "duckdb"))
    return hashlib.sha256("\n".join((_FORMAT, *versions, digest_of(tree))).encode()).hexdigest()[:32]


def _keep(found: Path, place: Path) -> Path:
    """Put a folder into the cache in one step; where that cannot be written, it stays where it is."""
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix="new-", dir=place.parent))
        for name in (MANIFEST, NODES):
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
