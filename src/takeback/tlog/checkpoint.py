"""Checkpoints: a log's size and root, signed (C2SP tlog-checkpoint)."""

import base64
import binascii
import re
from dataclasses import dataclass

from takeback.tlog.errors import MalformedLogError, WrongOriginError
from takeback.tlog.merkle import HASH_BYTES
from takeback.tlog.signed_note import Signer, VerifierKey, open_note, sign_by_all

_SIZE = re.compile(r"0|[1-9]\d{0,18}", re.ASCII)
_MANDATORY_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: which one, its number of events, and its root hash of 32 bytes."""

    origin: str
    size: int
    root_hash: bytes

    def body(self) -> str:
        """Return the text that is signed: origin, size and root, a line each."""
        root = base64.b64encode(self.root_hash).decode()
        return f"{self.origin}\n{self.size}\n{root}\n"

    def sign(self, *signers: Signer) -> bytes:
        """Return the checkpoint as a note that each signer has signed."""
        return sign_by_all(self.body(), signers)


def open_checkpoint(note: bytes, key: VerifierKey) -> Checkpoint:
    """Read a checkpoint signed with `key`, of the log whose origin is the key's name.

    Extension lines are allowed and ignored. Raises MalformedLogError, BadSignatureError or
    WrongOriginError.
    """
    checkpoint = parse_checkpoint(open_note(note, [key]))
    if checkpoint.origin != key.name:
        raise WrongOriginError(f"The checkpoint is of {checkpoint.origin!r}, not of {key.name!r}.")
    return checkpoint


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint without verifying it; extension lines are allowed and ignored.

    Raises MalformedLogError.
    """
    lines = text[:-1].split("\n")
    if len(lines) < _MANDATORY_LINES or not all(lines):
        raise MalformedLogError("A checkpoint needs an origin, a size and a root, a line each.")
    origin, size, root = lines[:_MANDATORY_LINES]
    if not _SIZE.fullmatch(size):
        raise MalformedLogError("The size in a checkpoint must be a plain decimal number.")
    return Checkpoint(origin, int(size), _read_root(root))


def _read_root(text: str) -> bytes:
    try:
        root = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        root = b""
    if len(root) != HASH_BYTES or base64.b64encode(root).decode() != text:
        raise MalformedLogError("The root hash in a checkpoint must be 32 bytes in base64.")
    return root
