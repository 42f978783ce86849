"""A folder for an agent to work in: the files of a commit, cut off from the repository itself.

The agent gets a git repository of its own there. What it leaves is read back with the index and
configuration of the real repository, so nothing it does to its own `.git` has any effect.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from governance.adapters.git import Repository


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder, and what is needed to turn what is in it into a commit."""

    repository: Repository
    base: str
    folder: Path
    index: Path

    def commit(self, message: str, author: str) -> str:
        """A commit in the real repository with the folder's files on top of base; moves no branch."""
        shutil.rmtree(self.folder / ".git", ignore_errors=True)
        self._git("add", "--all", ".")
        tree = self._git("write-tree").decode().strip()
        return self.repository.commit_tree([self.base], tree, {}, message, author)

    def _git(self, *arguments: str) -> bytes:
        directory = self.repository.git("rev-parse", "--absolute-git-dir").decode().strip()
        places = (f"--git-dir={directory}", f"--work-tree={self.folder}", "-C", str(self.folder))
        return self.repository.git(*places, *arguments, env={"GIT_INDEX_FILE": str(self.index)})


@contextmanager
def workspace(repository: Repository, base: str) -> Iterator[Workspace]:
    """The files of commit `base` in a temporary folder, gone when the context ends."""
    with tempfile.TemporaryDirectory(prefix="governance-work-", ignore_cleanup_errors=True) as place:
        made = Workspace(repository, base, Path(place) / "work", Path(place) / "index")
        made.folder.mkdir()
        made._git("read-tree", base)
        made._git("checkout-index", "--all", "--force")
        own = Repository(made.folder)
        own.git("init", "--quiet", "--initial-branch=main")
        own.git("add", "--all")
        own.git(
            "-c",
            "user.name=base",
            "-c",
            "user.email=base@localhost",
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            "base",
        )
        yield made
