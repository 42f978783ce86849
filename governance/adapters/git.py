"""Git: what changed between two revisions, as exact bytes, and the merge of what was judged.

Everything is read from the object database, never through filters, hooks or external diff
programs, so that what is judged is what is stored. The repository's configuration is not trusted
to run anything.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from governance.artifact import Artifact, decode_path
from governance.errors import InvalidInput, MissingTool
from governance.kind import kind_of

_SAFE = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never")
_LINK = "120000"
_SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One file of a tree: git's mode, and where its bytes are (a blob id, or a file on disk)."""

    mode: str
    blob: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository at `root`, its top-level folder."""

    root: Path

    @classmethod
    def at(cls, path: str | Path = ".") -> "Repository":
        """The repository that holds `path`. Raises InvalidInput when there is none."""
        try:
            top = (
                _git(Path(path), "rev-parse", "--show-toplevel").decode(errors="surrogateescape").rstrip("\n")
            )
        except InvalidInput as error:
            raise InvalidInput(
                f"{path}: not a git repository", "Run inside one, or name files to check."
            ) from error
        return cls(Path(top))

    def git(self, *arguments: str, data: bytes | None = None, env: Mapping[str, str] | None = None) -> bytes:
        """Standard output of a git command. Raises InvalidInput with what git said."""
        return _git(self.root, *arguments, data=data, env=env)

    def commit(self, revision: str) -> str:
        """The commit id of a revision. Raises InvalidInput when it names none."""
        if revision.startswith("-"):
            raise InvalidInput(f"revision {revision!r} looks like an option", "Name a branch, tag or commit.")
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode().strip()
        except InvalidInput as error:
            if not self._has_commits():
                raise InvalidInput(
                    f"{self.root}: the repository has no commits yet", "Commit a base first."
                ) from error
            raise InvalidInput(
                f"no revision {revision!r} in {self.root}", "`git branch -a` lists the branches."
            ) from error

    def _has_commits(self) -> bool:
        return bool(self.git("for-each-ref", "--count=1"))

    def merge_base(self, base: str, head: str) -> str:
        """The commit at which head left base. Raises InvalidInput when they share none."""
        try:
            return self.git("merge-base", base, head).decode().strip()
        except InvalidInput as error:
            remedy = "Fetch the whole history (a shallow clone has none)."
            raise InvalidInput(f"{base[:12]} and {head[:12]} share no history", remedy) from error

    def branch(self) -> str:
        """The current branch; "" when the head is detached."""
        try:
            return self.git("symbolic-ref", "--quiet", "--short", "HEAD").decode().strip()
        except InvalidInput:
            return ""

    def tree(self, commit: str) -> dict[bytes, TreeEntry]:
        """Every file and submodule of a commit, by raw path."""
        entries: dict[bytes, TreeEntry] = {}
        for record in self.git("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
            if record:
                meta, path = record.split(b"\t", 1)
                mode, _, blob = meta.decode().split()
                entries[path] = TreeEntry(mode, blob)
        return entries

    def work_tree(self) -> dict[bytes, TreeEntry]:
        """Every file in the work tree that git tracks or does not ignore, by raw path."""
        listed = self.git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--full-name")
        entries: dict[bytes, TreeEntry] = {}
        for path in set(listed.split(b"\0")) - {b""}:
            file = os.path.join(os.fsencode(self.root), path)
            if os.path.islink(file):
                entries[path] = TreeEntry(_LINK, file=os.fsdecode(file))
            elif os.path.isdir(file):
                entries[path] = TreeEntry(_SUBMODULE, self._submodule(path))
            elif os.path.isfile(file):
                mode = "100755" if os.access(file, os.X_OK) else "100644"
                entries[path] = TreeEntry(mode, file=os.fsdecode(file))
        return entries

    def _submodule(self, path: bytes) -> str:
        """The commit that a submodule in the work tree is at."""
        return self.git("-C", os.fsdecode(path), "rev-parse", "HEAD").decode().strip()

    def contents(self, entries: list[TreeEntry]) -> list[bytes]:
        """The bytes of each entry; of a symbolic link its target, of a submodule its commit."""
        blobs = sorted({entry.blob for entry in entries if entry.blob and entry.mode != _SUBMODULE})
        found = dict(zip(blobs, self._blobs(blobs), strict=True))
        return [found[e.blob] if e.blob in found else _other_content(e) for e in entries]

    def _blobs(self, blobs: list[str]) -> Iterator[bytes]:
        if not blobs:
            return
        out = self.git("cat-file", "--batch", data="".join(f"{blob}\n" for blob in blobs).encode())
        offset = 0
        for _ in blobs:
            header_end = out.index(b"\n", offset)
            size = int(out[offset:header_end].split()[2])
            yield out[header_end + 1 : header_end + 1 + size]
            offset = header_end + size + 2

    def artifacts(self, base: str, head: str | None) -> tuple[Artifact, ...]:
        """What changed from commit `base` to commit `head`, or to the work tree when `None`."""
        old = self.tree(base)
        return self.differences(old, self.files(head, old))

    def files(self, head: str | None, base: Mapping[bytes, TreeEntry]) -> dict[bytes, TreeEntry]:
        """Every file of a commit, or of the work tree when `None`; like that of base if it is the same."""
        if head:
            return self.tree(head)
        found = self.work_tree()
        self._mark_unchanged(base, found)
        return found

    def differences(
        self, old: Mapping[bytes, TreeEntry], new: Mapping[bytes, TreeEntry]
    ) -> tuple[Artifact, ...]:
        """What changed from one tree to another."""
        paths = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
        roots = dbt_roots(new)
        before = iter(self.contents([old[path] for path in paths if path in old]))
        after = iter(self.contents([new[path] for path in paths if path in new]))
        made = (
            self._artifact(path, old.get(path), new.get(path), next(before) if path in old else None,
                           next(after) if path in new else None, roots)
            for path in paths
        )  # fmt: skip
        return tuple(artifact for artifact in made if artifact.content != artifact.base or artifact.link)

    def _mark_unchanged(self, old: Mapping[bytes, TreeEntry], new: dict[bytes, TreeEntry]) -> None:
        """Files on disk get the blob id of base when their bytes are equal, so they compare equal."""
        for path, entry in new.items():
            before = old.get(path)
            if before and before.mode == entry.mode != _SUBMODULE:
                data = _read_file(entry)
                if Artifact("", kind_of(""), data).git_blob == before.blob:
                    new[path] = before

    def _artifact(
        self, raw: bytes, old: TreeEntry | None, new: TreeEntry | None, before: bytes | None,
        after: bytes | None, roots: frozenset[str],
    ) -> Artifact:  # fmt: skip
        path = decode_path(raw)
        link = decode_path(after or b"") if new and new.mode in (_LINK, _SUBMODULE) else ""
        if old and old.mode == _LINK:
            before = None if link else before
        mode = new.mode if new else old.mode if old else "100644"
        return Artifact(path, kind_of(path, after or before, roots), after, before, mode=mode, link=link)

    def read(self, commit: str, path: str) -> bytes | None:
        """The bytes of one file of a commit, `None` when it is not there."""
        entry = self.tree(commit).get(path.encode("utf-8", "surrogateescape"))
        return self.contents([entry])[0] if entry and is_regular(entry) else None

    def export(self, entries: Mapping[bytes, TreeEntry], folder: Path) -> None:
        """Write a tree into a folder: regular files only, since links may lead anywhere."""
        files = [(path, entry) for path, entry in entries.items() if is_regular(entry)]
        for place in {os.path.dirname(os.path.join(os.fsencode(folder), path)) for path, _ in files}:
            os.makedirs(place, exist_ok=True)
        for (path, entry), data in zip(files, self.contents([entry for _, entry in files]), strict=True):
            target = os.path.join(os.fsencode(folder), path)
            mode = 0o755 if entry.mode == "100755" else 0o644
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as handle:
                handle.write(data)

    def commit_tree(
        self, parents: list[str], tree: str, files: Mapping[str, bytes], message: str, author: str
    ) -> str:
        """A new commit over `parents` with the given tree plus some files; touches no work tree."""
        with tempfile.TemporaryDirectory() as folder:
            env = {"GIT_INDEX_FILE": f"{folder}/index", **_identity(author)}
            self.git("read-tree", tree, env=env)
            for path, data in files.items():
                blob = self.git("hash-object", "-w", "--stdin", "--no-filters", data=data).decode().strip()
                self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", env=env)
            written = self.git("write-tree", env=env).decode().strip()
            lines = [argument for parent in parents for argument in ("-p", parent)]
            made = self.git("commit-tree", written, *lines, "-F", "-", data=message.encode(), env=env)
        return made.decode().strip()

    def merged_tree(self, base: str, head: str) -> str:
        """The tree of merging two commits. Raises InvalidInput when they conflict."""
        try:
            return self.git("merge-tree", "--write-tree", base, head).decode().split()[0]
        except InvalidInput as error:
            raise InvalidInput(
                f"{head[:12]} conflicts with {base[:12]}", "Rebase the change and judge it again."
            ) from error

    def move_branch(self, branch: str, new: str, old: str) -> None:
        """Move a branch from one commit to another, only if it still is where it was."""
        self.git("update-ref", f"refs/heads/{branch}", new, old)


def is_regular(entry: TreeEntry) -> bool:
    """Whether a file has contents of its own: it is no symbolic link and no submodule."""
    return entry.mode not in (_LINK, _SUBMODULE)


def dbt_roots(tree: Mapping[bytes, TreeEntry]) -> frozenset[str]:
    """The folders of a tree that hold a dbt project; installed packages do not count."""
    files = (PurePosixPath(decode_path(path)) for path in tree if path.endswith(b"dbt_project.yml"))
    roots = {str(file.parent) for file in files if "dbt_packages" not in file.parts}
    return frozenset("" if root == "." else root for root in roots)


def _other_content(entry: TreeEntry) -> bytes:
    return f"submodule {entry.blob}".encode() if entry.mode == _SUBMODULE else _read_file(entry)


def _read_file(entry: TreeEntry) -> bytes:
    if entry.mode == _LINK:
        return os.fsencode(os.readlink(entry.file))
    with open(entry.file, "rb") as handle:
        return handle.read()


def _identity(author: str) -> dict[str, str]:
    name, mail = author, "governance@localhost"
    return {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": mail,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": mail,
    }


def _git(
    folder: Path, *arguments: str, data: bytes | None = None, env: Mapping[str, str] | None = None
) -> bytes:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"}
    command = ["git", "-C", os.fspath(folder), *_SAFE, *arguments]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, env={**inherited, **quiet, **(env or {})}
        )
    except FileNotFoundError as error:
        raise MissingTool("git is not installed", "Install git 2.38 or newer.") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip() or f"exit status {done.returncode}"
        raise InvalidInput(f"git {arguments[0]}: {said}", "Mend the repository, or name another revision.")
    return done.stdout
