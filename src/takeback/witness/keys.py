"""The keys of a witness: one secret, from which a key of each kind is made."""

import contextlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from takeback.tlog.cosignature import CosignatureKind, Cosigner

_SECRET_BYTES = 32


class WitnessKeyError(Exception):
    """The witness's key can't be used; the message says why."""


def cosigners_of(folder: Path, name: str) -> Sequence[Cosigner]:
    """Return the cosigners of the witness in `folder`, one of each kind.

    The secret is drawn at the first call and kept in the file `key`, readable by this user only.
    Raises WitnessKeyError.
    """
    path = folder / "key"
    try:
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_new(path, secrets.token_bytes(_SECRET_BYTES))
        secret = path.read_bytes()
    except OSError as error:
        raise WitnessKeyError(f"The key {path} can't be used: {error}") from error
    if len(secret) != _SECRET_BYTES:
        raise WitnessKeyError(f"The key {path} does not have {_SECRET_BYTES} bytes.")
    return [Cosigner(name, kind, _seed(secret, kind)) for kind in CosignatureKind]


def _seed(secret: bytes, kind: CosignatureKind) -> bytes:
    info = f"takeback witness {kind.name}".encode()
    return HKDF(SHA256(), length=32, salt=None, info=info).derive(secret)


def _write_new(path: Path, content: bytes) -> None:
    """Make the file with its whole content, on the disk, or raise FileExistsError."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)
    finally:
        part.unlink()
