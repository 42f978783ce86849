"""Checkpoints: the size and root of the log as a signed note (C2SP tlog-checkpoint, signed-note)."""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from governance.errors import InvalidEvidence
from governance.keys import SigningKey, Trust

_ED25519 = b"\x01"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the log looked like at one moment: its origin, number of entries and root hash."""

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> str:
    """The checkpoint as a signed note."""
    public = bytes.fromhex(key.public["keyval"]["public"])
    signature = _key_hash(checkpoint.origin, public) + key.sign(checkpoint.body.encode())
    return f"{checkpoint.body}\n\u2014 {checkpoint.origin} {base64.b64encode(signature).decode()}\n"


def read_checkpoint(note: str, trust: Trust) -> Checkpoint:
    """Verify a signed note and read it. Raises InvalidEvidence when no trusted key signed it."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        body, _, signatures = note.partition("\n\n")
        origin, size, root = body.split("\n")
        if not size.isascii() or not size.isdigit() or str(int(size)) != size:
            raise ValueError(f"size {size!r}")
        checkpoint = Checkpoint(origin, int(size), base64.b64decode(root, validate=True))
        signed = [line.rsplit(" ", 1) for line in signatures.splitlines() if line.startswith("\u2014 ")]
        candidates = [
            base64.b64decode(blob, validate=True) for name, blob in signed if name == f"\u2014 {origin}"
        ]
    except (ValueError, binascii.Error) as error:
        raise InvalidEvidence(f"not a checkpoint: {error}", "Restore the evidence file.") from error
    if checkpoint.body != body + "\n":
        raise InvalidEvidence("the checkpoint is not in its one valid form", "Restore the evidence file.")
    for public in trust.public_keys():
        raw = bytes.fromhex(public.keyval["public"])
        for blob in candidates:
            if blob[:4] != _key_hash(origin, raw):
                continue
            try:
                Ed25519PublicKey.from_public_bytes(raw).verify(blob[4:], checkpoint.body.encode())
            except InvalidSignature:
                continue
            return checkpoint
    raise InvalidEvidence("the checkpoint has no signature by a trusted key", "The log was altered or moved.")


def _key_hash(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]
