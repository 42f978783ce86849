"""A parsed project on disk, and parsing a change on top of it, as dbt does with its own partial parse.

dbt keeps `partial_parse.msgpack`, which takes three seconds to read and two to write for 2,500 models; a
pickle takes a third of one. It is written and read in the jail only, and what is written has seen base alone.
"""

import gc
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MANIFEST = "manifest.pickle"
NODES = "nodes.json"


def save(manifest: Any, file: Path) -> None:
    """Write a manifest without what dbt makes again: locks, look-ups by name, the flat copy of the graph."""
    state = {
        name: value
        for name, value in vars(manifest).items()
        if name == "_parsing_info" or not name.startswith("_")
    }
    state |= {"flat_graph": {}, "child_map": None, "parent_map": None}
    file.write_bytes(pickle.dumps(state, protocol=pickle.HIGHEST_PROTOCOL))


def read(file: Path) -> Any:
    """The manifest that was saved, as it was: what takes long, and asks for no project yet."""
    from dbt.contracts.graph.manifest import Manifest

    with uncollected():
        state = pickle.loads(file.read_bytes())
    manifest = Manifest()
    for name, value in state.items():
        setattr(manifest, name, value)
    return manifest


def placed(manifest: Any, tree: Path) -> Any:
    """A manifest that was read, for the same project in the folder `tree`."""
    for node in manifest.nodes.values():
        if hasattr(node, "root_path"):  # a seed's, where dbt looks for its file
            node.root_path = str(tree)
    for source in manifest.files.values():
        if hasattr(source, "dfy"):
            _date(source, tree)
    return manifest


def _date(source: Any, tree: Path) -> None:
    """Let a YAML file look as old as it is in `tree` only if it says the same: dbt goes by its date."""
    from dbt.artifacts.resources.base import FileHash
    from dbt_common.clients.system import load_file_contents

    source.path.modification_time = -1.0
    path = tree / source.path.searched_path / source.path.relative_path
    if (
        path.is_file()
        and FileHash.from_contents(load_file_contents(str(path), strip=True)) == source.checksum
    ):
        source.path.modification_time = path.stat().st_mtime


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for garbage while a manifest is made or read: it is a million objects that all stay."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def on_top_of(saved: Any) -> Iterator[dict[str, Any]]:
    """Let dbt's next parse start from a saved manifest, or from nothing, and write none of its own.

    dbt decides what it must parse again; it starts from nothing when its version, a project file, a
    variable is another. What is yielded holds the project's `config` when it has parsed.
    """
    from dbt.parser.manifest import ManifestLoader

    told: dict[str, Any] = {}

    def read(loader: Any) -> Any:
        told["config"] = loader.root_project
        if saved is None:
            return None
        # The profile is ours, and the same but for the folder in which the warehouse is.
        saved.state_check.profile_hash = loader.manifest.state_check.profile_hash
        return saved if loader.is_partial_parsable(saved)[0] else None

    before = ManifestLoader.read_manifest_for_partial_parse, ManifestLoader.write_manifest_for_partial_parse
    ManifestLoader.read_manifest_for_partial_parse = read  # type: ignore[method-assign, assignment]
    ManifestLoader.write_manifest_for_partial_parse = lambda loader: None  # type: ignore[method-assign]
    try:
        yield told
    finally:
        ManifestLoader.read_manifest_for_partial_parse = before[0]  # type: ignore[method-assign]
        ManifestLoader.write_manifest_for_partial_parse = before[1]  # type: ignore[method-assign]
