"""File contents, kept under git's digest of them, so that a checkout links what another has written.

A file system takes ten times as long to create a file as to link one, and two revisions of a project of
thousands of files share nearly all of them. Each is read and its digest compared before it is linked, so a
spoilt one is written anew and never judged.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from governance.adapters.git import Repository, TreeEntry

_SECONDS_KEPT = 30 * 24 * 3600.0
_SECONDS_OF_A_DAY = 24 * 3600.0
_DIGESTS = {40: "sha1", 64: "sha256"}


@dataclass(frozen=True)
class KeptFiles:
    """Contents of files in a folder, each under git's digest of it."""

    folder: Path

    @property
    def checkouts(self) -> Path:
        """A folder for checkouts on the same file system, without which nothing can be linked."""
        return self.folder / "checkouts"

    def link(self, repository: Repository, entries: Mapping[bytes, TreeEntry], folder: Path) -> None:
        """Link files of a tree into a folder. Raises OSError, and leaves none of them, when one cannot be."""
        self._keep(repository, {self._place(entry): entry for entry in entries.values()})
        made = []
        try:
            for path, entry in entries.items():
                target = os.path.join(os.fsencode(folder), path)
                with contextlib.suppress(FileExistsError):
                    os.makedirs(os.path.dirname(target))
                os.link(self._place(entry), target)
                made.append(target)
        except OSError:
            for target in made:
                os.unlink(target)
            raise

    def _keep(self, repository: Repository, wanted: Mapping[str, TreeEntry]) -> None:
        missing = {place: entry for place, entry in wanted.items() if not _is_intact(place, entry)}
        contents = repository.contents(list(missing.values()))
        (self.folder / "files").mkdir(mode=0o700, parents=True, exist_ok=True)
        for (place, entry), content in zip(missing.items(), contents, strict=True):
            os.makedirs(os.path.dirname(place), exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=os.path.dirname(place))  # others may keep the same now
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                os.fchmod(handle, 0o555 if entry.mode == "100755" else 0o444)
            os.replace(beside, place)

    def _place(self, entry: TreeEntry) -> str:
        return os.path.join(self.folder, "files", entry.blob[:2], f"{entry.blob}-{entry.mode}")

    def sweep(self, now: float = 0.0) -> None:
        """Remove what no checkout has linked for a month, and what killed checkouts left; once a day."""
        swept, now = self.folder / "swept", now or time.time()
        with contextlib.suppress(OSError):
            if swept.exists() and now - swept.stat().st_mtime < _SECONDS_OF_A_DAY:
                return
            self.checkouts.mkdir(mode=0o700, parents=True, exist_ok=True)
            swept.touch()
            for left in self.checkouts.iterdir():
                if now - left.stat().st_mtime > _SECONDS_OF_A_DAY:
                    shutil.rmtree(left, ignore_errors=True)
            for file in self._files():
                if now - os.stat(file).st_ctime > _SECONDS_KEPT:
                    os.unlink(file)

    def _files(self) -> Iterator[str]:
        for folder, _, names in os.walk(self.folder / "files"):
            yield from (os.path.join(folder, name) for name in names)


def _is_intact(place: str, entry: TreeEntry) -> bool:
    try:
        with open(place, "rb") as file:
            content = file.read()
    except OSError:
        return False
    digest = hashlib.new(_DIGESTS[len(entry.blob)], b"blob %d\0" % len(content), usedforsecurity=False)
    digest.update(content)
    return digest.hexdigest() == entry.blob
