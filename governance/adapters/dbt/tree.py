"""The files of a dbt project: copied for a worker, and told apart by one digest."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

_LEFT_OUT = shutil.ignore_patterns(".git", "target", "logs", "*.duckdb", "*.wal", ".venv", "node_modules")


def copy_tree(tree: Path, to: Path) -> None:
    """Copy a project, without what is no source of it."""
    shutil.copytree(tree, to, symlinks=True, ignore=_LEFT_OUT)


def digest_of(tree: Path) -> str:
    """SHA-256 over the names, kinds and contents of all that `copy_tree` copies."""
    total = hashlib.sha256()
    for path in files_of(tree):
        name = os.fsencode(os.path.relpath(path, tree))
        if os.path.islink(path):
            kind, content = b"link", os.fsencode(os.readlink(path))
        else:
            with open(path, "rb") as file:
                kind, content = b"file", file.read()
        total.update(b"%s %d %d\0" % (kind, len(name), len(content)) + name + content)
    return total.hexdigest()


def files_of(folder: Path | str) -> Iterator[str]:
    """The paths of all that `copy_tree` copies, in order; links are not followed."""
    names = sorted(os.listdir(folder))
    left_out = _LEFT_OUT(folder, names)
    for name in names:
        path = os.path.join(folder, name)
        if name in left_out:
            continue
        if os.path.isdir(path) and not os.path.islink(path):
            yield from files_of(path)
        else:
            yield path
