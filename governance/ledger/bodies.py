"""Bodies: envelopes, traces and artifact contents, stored once under the SHA-256 of their bytes."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from governance.errors import InvalidEvidence, LedgerUnavailable


@dataclass(frozen=True, slots=True)
class Bodies:
    """A content-addressed store in a local folder or on any fsspec path."""

    root: str

    def put(self, data: bytes) -> str:
        """Store the bytes durably and return their SHA-256. Raises LedgerUnavailable."""
        digest = hashlib.sha256(data).hexdigest()
        try:
            if "://" in self.root:
                self._put_remote(digest, data)
            else:
                self._put_local(Path(self.root) / digest[:2] / digest, data)
        except OSError as error:
            raise LedgerUnavailable(
                f"evidence cannot be written to {self.root}: {error.strerror or error}",
                "Free some space, or check the folder; nothing was merged or executed.",
            ) from error
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of that SHA-256. Raises InvalidEvidence when they are missing or were altered."""
        try:
            data = self._read(digest)
        except OSError as error:
            raise InvalidEvidence(f"body {digest} is missing", f"Restore it under {self.root}.") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise InvalidEvidence(f"body {digest} was altered", f"Restore it under {self.root}.")
        return data

    def _read(self, digest: str) -> bytes:
        if "://" not in self.root:
            return (Path(self.root) / digest[:2] / digest).read_bytes()
        import fsspec

        with fsspec.open(f"{self.root}/{digest[:2]}/{digest}", "rb") as handle:
            data: bytes = handle.read()
        return data

    @staticmethod
    def _put_local(file: Path, data: bytes) -> None:
        if file.exists() and file.read_bytes() == data:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=file.parent)
        try:
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
            os.replace(temporary, file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def _put_remote(self, digest: str, data: bytes) -> None:
        import fsspec

        filesystem, path = fsspec.core.url_to_fs(f"{self.root}/{digest[:2]}/{digest}")
        filesystem.makedirs(os.path.dirname(path), exist_ok=True)
        filesystem.pipe_file(path, data)
