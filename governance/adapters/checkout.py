"""The files of a revision, in a folder that is there or in one that is filled when asked for."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from governance.adapters.git import Repository, TreeEntry, dbt_roots, is_regular
from governance.adapters.kept_files import KeptFiles
from governance.syntax.dbt.layout import PACKAGES, PROJECT_FILE


@dataclass(frozen=True)
class FolderTree:
    """Files that lie in a folder."""

    place: Path

    def holds(self, path: str) -> bool:
        """Whether there is such a file."""
        return (self.place / path).is_file()

    def digest(self, root: str) -> str:
        """SHA-256 over names and contents of the files of a dbt project."""
        from governance.adapters.dbt.tree import digest_of

        return digest_of(self.place / root)

    def folder(self) -> Path:
        """The folder."""
        return self.place


@dataclass(frozen=True)
class CommitTree:
    """Files of a commit, put into `place`, which does not exist, when they are needed there."""

    repository: Repository
    entries: Mapping[bytes, TreeEntry]
    place: Path
    kept: KeptFiles | None = None
    packages: str = ""

    def holds(self, path: str) -> bool:
        """Whether there is such a file."""
        return path.encode() in self.entries

    def digest(self, root: str) -> str:
        """SHA-256 over the names, modes and git's digests of the files below a folder."""
        total = hashlib.sha256()
        for path, entry in sorted(below(self.entries, root).items()):
            total.update(path + f"\0{entry.mode} {entry.blob}\0".encode())
        return total.hexdigest()

    def folder(self) -> Path:
        """The folder, with the files in it."""
        if not self.place.exists():
            self.place.mkdir(parents=True)
            check_out(self.repository, self.entries, self.place, self.kept)
            for root in dbt_roots(self.entries) if self.packages else ():
                self._link_packages(root)
        return self.place

    def _link_packages(self, root: str) -> None:
        """The one link in a checkout: to what `dbt deps` has installed, unless git holds that itself."""
        installed, place = Path(self.repository.root, root, self.packages), self.place / root / PACKAGES
        if installed.is_dir() and not place.exists():
            place.symlink_to(installed.resolve())


@contextmanager
def checked_out(
    repository: Repository,
    old: Mapping[bytes, TreeEntry],
    new: Mapping[bytes, TreeEntry],
    cache: Path | None,
    packages: str = "",
) -> Iterator[tuple[Path, CommitTree]]:
    """The dbt projects of head in a folder, and those of base to be had, for as long as the context lasts."""
    kept = KeptFiles(cache) if cache else None
    with _folder(kept) as folder:
        base = CommitTree(repository, _projects(old), folder / "base", kept, packages)
        yield CommitTree(repository, _projects(new), folder / "head", kept, packages).folder(), base


@contextmanager
def _folder(kept: KeptFiles | None) -> Iterator[Path]:
    """A temporary folder, beside the kept files where that can be."""
    beside = None
    if kept is not None:
        with contextlib.suppress(OSError):
            kept.sweep()
            kept.checkouts.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside = kept.checkouts if os.access(kept.checkouts, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="governance-", dir=beside, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _projects(entries: Mapping[bytes, TreeEntry]) -> dict[bytes, TreeEntry]:
    """The files of the dbt projects of a tree."""
    return {path: entry for root in dbt_roots(entries) for path, entry in below(entries, root).items()}


def project_names(repository: Repository, commit: str) -> frozenset[str]:
    """The names of the dbt projects that a commit holds; one whose settings cannot be read has none."""
    from governance.syntax.dbt.yaml import read_yaml

    files = [f"{root}/{PROJECT_FILE}".lstrip("/") for root in dbt_roots(repository.tree(commit))]
    texts = [(repository.read(commit, file) or b"").decode("utf-8", "replace") for file in files]
    names = [read_yaml(text).at("name") for text in texts]
    return frozenset(name for name in names if isinstance(name, str))


def below(entries: Mapping[bytes, TreeEntry], root: str) -> dict[bytes, TreeEntry]:
    """The files below a folder of a tree; of the whole tree for ""."""
    start = os.fsencode(f"{root}/") if root else b""
    return {path: entry for path, entry in entries.items() if path.startswith(start)}


def check_out(
    repository: Repository, entries: Mapping[bytes, TreeEntry], folder: Path, kept: KeptFiles | None
) -> None:
    """Put the regular files of a tree into an empty folder, linked to kept ones where that can be done."""
    linked: dict[bytes, TreeEntry] = {}
    if kept is not None:
        linked = {path: entry for path, entry in entries.items() if entry.blob and is_regular(entry)}
        with contextlib.suppress(OSError):  # no right, no room, or another file system: all are written
            kept.link(repository, linked, folder)
            entries = {path: entry for path, entry in entries.items() if path not in linked}
    repository.export(entries, folder)
