"""The keys of a witness: one secret, from which a key of each kind is made."""

import os
import secrets
import shlex
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from takeback.shell.state_folders import State, look_into
from takeback.shell.typed_commands import typed
from takeback.tlog.cosignature import CosignatureKind, Cosigner

_SECRET_BYTES = 32
_FILE = "key"


class WitnessKeyError(Exception):
    """The witness's key can't be used; the message says why."""


def draw_key(folder: Path) -> bool:
    """Draw the secret of the witness in `folder` where it has none; says whether it was drawn.

    It is kept in the file `key`, readable by this user only. Raises WitnessKeyError.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(folder / _FILE, secrets.token_bytes(_SECRET_BYTES))
    except FileExistsError:
        return False
    except OSError as error:
        raise _unusable(folder, error) from error
    return True


def cosigners_of(folder: Path, name: str) -> Sequence[Cosigner]:
    """Return the cosigners of the witness in `folder`, one of each kind.

    Raises WitnessKeyError, also where no witness was ever begun.
    """
    path = folder / _FILE
    try:
        secret = path.read_bytes()
    except OSError as error:
        found = look_into(folder, State.WITNESS)
        if found.is_folder and not isinstance(error, FileNotFoundError):
            raise _unusable(folder, error) from error
        place = shlex.quote(str(found.path)) if found.is_free else "FOLDER"
        begin = typed(f"witness serve --name NAME --log KEY --store {place}")
        raise WitnessKeyError(
            found.refusal(
                State.WITNESS, f"name the folder of yours with --store, or begin one with `{begin}`"
            )
        ) from error
    if len(secret) != _SECRET_BYTES:
        raise WitnessKeyError(f"The key {path} does not have {_SECRET_BYTES} bytes.")
    return [Cosigner(name, kind, _seed(secret, kind)) for kind in CosignatureKind]


def _seed(secret: bytes, kind: CosignatureKind) -> bytes:
    info = f"takeback witness {kind.name}".encode()
    return HKDF(SHA256(), length=32, salt=None, info=info).derive(secret)


def _unusable(folder: Path, error: OSError) -> WitnessKeyError:
    return WitnessKeyError(f"The key {folder / _FILE} can't be used: {error.strerror}.")


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
