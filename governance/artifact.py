"""Artifacts: the files and statements that an agent wrote, as exact bytes with their digests."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from governance.errors import InvalidInput


class ArtifactKind(StrEnum):
    """What an artifact is, which decides what examines it."""

    SQL = "sql"
    DBT_MODEL = "dbt-model"
    DBT_MACRO = "dbt-macro"
    DBT_TEST = "dbt-test"
    DBT_YAML = "dbt-yaml"
    DBT_DATA = "dbt-data"
    EXPECTATIONS = "expectations"
    DAG = "dag"
    PYTHON = "python"
    TERRAFORM = "terraform"
    DOCKERFILE = "dockerfile"
    WORKFLOW = "workflow"
    SHELL = "shell"
    POLICY = "policy"
    OTHER = "other"


class Change(StrEnum):
    """What happened to an artifact between base and head."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"


@dataclass(frozen=True)
class Artifact:
    """One file, or one loose statement, that a change set wants to change.

    `path` is relative to the repository, with forward slashes; a loose statement has a path in
    angle brackets. `content` is `None` when the file is deleted, `base` when it is new. `link`
    holds the target when the entry is a symbolic link, which has no content of its own.
    """

    path: str
    kind: ArtifactKind
    content: bytes | None
    base: bytes | None = None
    dialect: str = ""
    mode: str = "100644"
    link: str = ""

    @property
    def change(self) -> Change:
        """Whether the artifact was added, modified or deleted."""
        if self.content is None:
            return Change.DELETED
        return Change.ADDED if self.base is None else Change.MODIFIED

    @cached_property
    def sha256(self) -> str:
        """Digest of the content in hexadecimal; of no bytes at all when deleted."""
        return hashlib.sha256(self.content or b"").hexdigest()

    @cached_property
    def git_blob(self) -> str:
        """The id that git (SHA-1 object format) gives these bytes."""
        data = self.content or b""
        return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()

    @property
    def text(self) -> str:
        """The content as text. Raises InvalidInput when it is not UTF-8 or holds NUL bytes."""
        return _decode(self.path, self.content or b"")

    @property
    def base_text(self) -> str:
        """The content at base as text, empty when new. Raises InvalidInput as `text` does."""
        return _decode(self.path, self.base or b"")


def _decode(path: str, data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{path}: not UTF-8 text (byte {error.start} of {len(data)})",
            "Save it as UTF-8, or keep binary files out of governed folders.",
        ) from error
    if "\x00" in text:
        raise InvalidInput(f"{path}: holds a NUL byte, so it is not text", "Remove the NUL byte.")
    return text


def decode_path(raw: bytes) -> str:
    """A path as git stores it, as text; bytes that are not UTF-8 become `\\xNN`."""
    return raw.decode("utf-8", "backslashreplace")
