"""The files of a base, in a folder that is there already or in one that is filled when it is asked for."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from governance.adapters.git import Repository, TreeEntry


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
    """Files of a commit, written to `place`, which does not exist, when they are needed there."""

    repository: Repository
    commit: str
    place: Path

    def holds(self, path: str) -> bool:
        """Whether there is such a file."""
        return path.encode() in self._entries

    def digest(self, root: str) -> str:
        """SHA-256 over the names, modes and git's digests of the files below a folder."""
        total = hashlib.sha256()
        below = f"{root}/".encode() if root else b""
        for path, entry in sorted(self._entries.items()):
            if path.startswith(below):
                total.update(path + f"\0{entry.mode} {entry.blob}\0".encode())
        return total.hexdigest()

    def folder(self) -> Path:
        """The folder, with the files in it."""
        if not self.place.exists():
            self.place.mkdir(parents=True)
            self.repository.export(self._entries, self.place)
        return self.place

    @cached_property
    def _entries(self) -> dict[bytes, TreeEntry]:
        return self.repository.tree(self.commit)
