"""Cosignatures: a witness's signature of a checkpoint, and its time (C2SP tlog-cosignature)."""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from takeback.tlog.checkpoint import parse_checkpoint
from takeback.tlog.errors import BadSignatureError, MalformedLogError
from takeback.tlog.signed_note import (
    SignatureLine,
    key_id_of,
    key_line_of,
    parse_key_line,
    split_note,
)

_TIME = struct.Struct(">Q")
_LATEST = 2**63 - 1
_SUBTREE_LABEL = b"subtree/v1\n\x00"
_CHECKPOINT_LINES = 3
_MOST_NAME_BYTES = 255


class CosignatureKind(Enum):
    """The two kinds of cosignature, by the byte of their type in keys.

    Ed25519 (RFC 8032) signs the whole text of the checkpoint. ML-DSA-44 (FIPS 204) signs name,
    time, origin, size and root; it stands against quantum computers too.
    """

    ED25519 = 0x04
    ML_DSA_44 = 0x06


_KEY_BYTES = {CosignatureKind.ED25519: 32, CosignatureKind.ML_DSA_44: 1312}
_SIGNATURE_BYTES = {CosignatureKind.ED25519: 64, CosignatureKind.ML_DSA_44: 2420}


@dataclass(frozen=True, slots=True)
class CosignatureKey:
    """A witness: its name, and its public key of 32 bytes (Ed25519) or 1312 (ML-DSA-44)."""

    name: str
    kind: CosignatureKind
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that name this key beside its name in a signature line."""
        return key_id_of(self.name, self._typed)

    @property
    def line(self) -> str:
        """`name+hash+base64`, as it is handed around."""
        return key_line_of(self.name, self._typed)

    @classmethod
    def parse(cls, line: str) -> "CosignatureKey":
        """Read `name+hash+base64`; raises MalformedLogError for a key that does not cosign."""
        name, typed_key = parse_key_line(line)
        try:
            kind = CosignatureKind(typed_key[0])
        except ValueError as error:
            raise MalformedLogError(
                f"The key of {name} is not for cosignatures: its type is {typed_key[0]:#04x}."
            ) from error
        if len(typed_key) != 1 + _KEY_BYTES[kind] or len(name.encode()) > _MOST_NAME_BYTES:
            raise MalformedLogError(f"The key of {name} is not as long as a {kind.name} key.")
        return cls(name, kind, typed_key[1:])

    def verify(self, text: str, signature: bytes) -> int:
        """Return when the text of a checkpoint was cosigned, in seconds since 1970.

        Raises BadSignatureError if the signature does not fit, MalformedLogError if a text like
        this can't be cosigned in this way.
        """
        time = signature[: _TIME.size]
        if len(signature) != _TIME.size + _SIGNATURE_BYTES[self.kind]:
            raise BadSignatureError(f"The cosignature of {self.name} has the wrong length.")
        (timestamp,) = _TIME.unpack(time)
        message = _message(self.kind, self.name, text, timestamp)
        try:
            self._public().verify(signature[_TIME.size :], message)
        except InvalidSignature as error:
            raise BadSignatureError(
                f"The cosignature of {self.name} does not fit the checkpoint."
            ) from error
        return int(timestamp)

    @property
    def _typed(self) -> bytes:
        return bytes([self.kind.value]) + self.public_key

    def _public(self) -> Ed25519PublicKey | MLDSA44PublicKey:
        if self.kind is CosignatureKind.ED25519:
            return Ed25519PublicKey.from_public_bytes(self.public_key)
        return MLDSA44PublicKey.from_public_bytes(self.public_key)


@dataclass(frozen=True, repr=False)
class Cosigner:
    """Cosigns checkpoints; `seed` is the 32-byte private key of RFC 8032 or of FIPS 204."""

    name: str
    kind: CosignatureKind
    seed: bytes

    @property
    def key(self) -> CosignatureKey:
        """The key that verifies what this cosigns."""
        public_key = self._private().public_key().public_bytes_raw()
        return CosignatureKey(self.name, self.kind, public_key)

    def cosign(self, text: str, timestamp: int) -> SignatureLine:
        """Return the cosignature of a checkpoint's text, made at a time in seconds since 1970."""
        signature = self._private().sign(_message(self.kind, self.name, text, timestamp))
        return SignatureLine(self.name, self.key.key_id, _TIME.pack(timestamp) + signature)

    def _private(self) -> Ed25519PrivateKey | MLDSA44PrivateKey:
        if self.kind is CosignatureKind.ED25519:
            return Ed25519PrivateKey.from_private_bytes(self.seed)
        return MLDSA44PrivateKey.from_seed_bytes(self.seed)


def cosignatures_of(note: bytes, known: Iterable[CosignatureKey]) -> Mapping[CosignatureKey, int]:
    """Return which of the known witnesses cosigned a note, and when, in seconds since 1970.

    Cosignatures of others are ignored, and so is one that does not fit: it is as if it were not
    there. Raises MalformedLogError if it is no note.
    """
    text, lines = split_note(note)
    keys = {(key.name, key.key_id): key for key in known}
    found: dict[CosignatureKey, int] = {}
    for line in lines:
        key = keys.get((line.name, line.key_id))
        if key is None:
            continue
        try:
            found[key] = max(key.verify(text, line.signature), found.get(key, 0))
        except BadSignatureError:
            continue
    return found


def _message(kind: CosignatureKind, name: str, text: str, timestamp: int) -> bytes:
    if not 0 <= timestamp <= _LATEST:
        raise BadSignatureError("The time of a cosignature is out of range.")
    if kind is CosignatureKind.ED25519:
        return f"cosignature/v1\ntime {timestamp}\n{text}".encode()
    checkpoint = parse_checkpoint(text)
    if text.count("\n") != _CHECKPOINT_LINES:
        raise MalformedLogError("ML-DSA-44 cosigns no checkpoint with further lines.")
    return b"".join(
        (
            _SUBTREE_LABEL,
            _short(name),
            _TIME.pack(timestamp),
            _short(checkpoint.origin),
            _TIME.pack(0),
            _TIME.pack(checkpoint.size),
            checkpoint.root_hash,
        )
    )


def _short(text: str) -> bytes:
    """Write a text after its length in one byte (RFC 8446, section 3.4)."""
    encoded = text.encode()
    if not 0 < len(encoded) <= _MOST_NAME_BYTES:
        raise MalformedLogError("A name must have 1 to 255 bytes to be cosigned with ML-DSA-44.")
    return bytes([len(encoded)]) + encoded
