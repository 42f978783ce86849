"""Signing keys and the trust file: who may vouch for a decision.

Keys are Ed25519. The private key is a PEM file (PKCS #8); the trust file lists public keys as
securesystemslib writes them, with an owner, and is always read from the base revision.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance.errors import InvalidEvidence, InvalidInput
from governance.wire import loads

KEY_VARIABLE = "GOVERNANCE_KEY"
DEFAULT_KEY = "~/.config/governance/key.pem"
_POINT = "Point GOVERNANCE_KEY at an Ed25519 key without passphrase; `governance keys init` makes one."


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 private key, able to sign; `key_id` names its public half."""

    signer: Any

    @property
    def key_id(self) -> str:
        """The identifier under which signatures name this key."""
        return str(self.signer.public_key.keyid)

    @property
    def public(self) -> dict[str, Any]:
        """The public half, as the trust file holds it."""
        return dict(self.signer.public_key.to_dict())

    def sign(self, payload: bytes) -> bytes:
        """A raw Ed25519 signature over the payload."""
        return bytes.fromhex(self.signer.sign(payload).signature)

    @classmethod
    def generate(cls) -> "SigningKey":
        """A new key."""
        from securesystemslib.signer import CryptoSigner

        return cls(CryptoSigner.generate_ed25519())

    @classmethod
    def load(cls, path: str | Path = "", given: str | Path = "") -> "SigningKey":
        """Read the key at `key_path(path, given)`. Raises InvalidInput."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
        from securesystemslib.signer import CryptoSigner, SSlibKey

        file = key_path(path, given)
        try:
            private = load_pem_private_key(file.read_bytes(), None)
        except FileNotFoundError as error:
            raise InvalidInput(
                f"no signing key at {file}", "Make one with `governance keys init`."
            ) from error
        except OSError as error:
            raise InvalidInput(f"{file}: cannot be read: {error.strerror}", _POINT) from error
        except TypeError as error:
            raise InvalidInput(f"{file}: the key is locked with a passphrase", _POINT) from error
        except ValueError as error:
            raise InvalidInput(f"{file}: not a PEM private key", _POINT) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise InvalidInput(f"{file}: not an Ed25519 key", "Make one with `governance keys init`.")
        return cls(CryptoSigner(private, SSlibKey.from_crypto(private.public_key())))

    def save(self, path: str | Path = "", given: str | Path = "") -> Path:
        """Write the key, readable by its owner only. Raises InvalidInput when the file exists."""
        file = key_path(path, given)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise InvalidInput(f"{file} exists; a key is never overwritten", "Move it away first.") from error
        except OSError as error:
            raise InvalidInput(f"{file}: cannot be written: {error.strerror}", "Check the folder.") from error
        try:
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(self.signer.private_bytes)
        except OSError as error:
            file.unlink()  # half a key would be taken for one
            raise InvalidInput(f"{file}: cannot be written: {error.strerror}", "Free some space.") from error
        return file


def key_path(path: str | Path = "", given: str | Path = "") -> Path:
    """Where the private key is: `given` (an option) wins, then GOVERNANCE_KEY, `path`, the default."""
    return Path(given or os.environ.get(KEY_VARIABLE) or path or DEFAULT_KEY).expanduser()


@dataclass(frozen=True)
class Trust:
    """Public keys by key id, with their owners. An empty trust accepts nothing."""

    keys: Mapping[str, Mapping[str, Any]]

    @classmethod
    def parse(cls, data: bytes, name: str) -> "Trust":
        """Read a trust file. Raises InvalidEvidence when it is not one."""
        try:
            keys = loads(data)["keys"]
            for key_id, key in keys.items():
                _public_key(key_id, key)
        except Exception as error:  # any broken trust file means that nothing can be trusted
            raise InvalidEvidence(
                f"{name}: not a trust file: {error}",
                "Take it from the base branch; `governance keys trust` writes a new one.",
            ) from error
        return cls(keys)

    def with_key(self, key: SigningKey, owner: str) -> "Trust":
        """The same trust, extended by one key."""
        return Trust({**self.keys, key.key_id: {**key.public, "owner": owner}})

    def public_keys(self) -> list[Any]:
        """All keys, ready to verify with; revoked ones are left out."""
        return [_public_key(key_id, key) for key_id, key in self.keys.items() if not key.get("revoked")]

    def to_json(self) -> str:
        """The trust file's text."""
        return json.dumps({"keys": self.keys}, indent=2, sort_keys=True) + "\n"


def _public_key(key_id: str, key: Mapping[str, Any]) -> Any:
    from securesystemslib.signer import SSlibKey

    if key["keytype"] != "ed25519" or key["scheme"] != "ed25519":
        raise ValueError(f"key {key_id} is not Ed25519")
    public = SSlibKey.from_dict(key_id, {part: key[part] for part in ("keytype", "scheme", "keyval")})
    bytes.fromhex(public.keyval["public"])
    return public
