"""Signed notes with Ed25519 (C2SP signed-note): text that names who signed it."""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from takeback.tlog.errors import BadSignatureError, MalformedLogError

MAX_NOTE_BYTES = 64 * 1024
_ED25519 = b"\x01"  # signature type identifier byte of Ed25519
_KEY_BYTES = 32
_KEY_ID_BYTES = 4
_PIN_DIGITS = 16
_NAME = re.compile(r"[^\s+\x00-\x20]+")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f]")
_LINE = re.compile("\u2014 (?P<name>[^\\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")


def key_id_of(name: str, typed_key: bytes) -> bytes:
    """Return the 4 bytes that name a key in signature lines; `typed_key` begins with its type."""
    return hashlib.sha256(name.encode() + b"\n" + typed_key).digest()[:_KEY_ID_BYTES]


def key_line_of(name: str, typed_key: bytes) -> str:
    """Return `name+hash+base64` of a key of any type."""
    return f"{name}+{key_id_of(name, typed_key).hex()}+{_base64(typed_key)}"


def parse_key_line(line: str) -> tuple[str, bytes]:
    """Read `name+hash+base64` into the name and the key, which begins with the byte of its type.

    Raises MalformedLogError for another spelling, or a hash that does not fit.
    """
    name, _, rest = line.partition("+")
    typed_key = _from_base64(rest.partition("+")[2])
    if not typed_key or not _NAME.fullmatch(name):
        raise MalformedLogError("This is not a verifier key: name+hash+base64.")
    if key_line_of(name, typed_key) != line:
        raise MalformedLogError("The hash in this verifier key does not fit its name and key.")
    return name, typed_key


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature of a note: the signer's name, the 4 bytes that name the key, the signature."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line, with its newline."""
        return f"\u2014 {self.name} {_base64(self.key_id + self.signature)}\n"

    @classmethod
    def parse(cls, line: str) -> "SignatureLine":
        """Read a line without its newline; raises MalformedLogError for anything else."""
        found = _LINE.fullmatch(line)
        raw = _from_base64(found["signature"]) if found else None
        if found is None or raw is None or len(raw) <= _KEY_ID_BYTES:
            raise MalformedLogError("A signature line of a note can't be read.")
        return cls(found["name"], raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES:])


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The key of a signer: a name, and an Ed25519 public key of 32 bytes."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        """Raise MalformedLogError for a name or key that can't be one."""
        if not _NAME.fullmatch(self.name) or len(self.public_key) != _KEY_BYTES:
            raise MalformedLogError(
                "A verifier key needs a name without spaces or +, and 32 bytes."
            )

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that name this key beside its name in a signature line."""
        return key_id_of(self.name, _ED25519 + self.public_key)

    @property
    def line(self) -> str:
        """`name+hash+base64`, as it is handed around."""
        return key_line_of(self.name, _ED25519 + self.public_key)

    @property
    def pin(self) -> str:
        """The first 16 hex digits of SHA-256 of the line: what a platform's token carries."""
        return hashlib.sha256(self.line.encode()).hexdigest()[:_PIN_DIGITS]

    @classmethod
    def parse(cls, line: str) -> "VerifierKey":
        """Read `name+hash+base64`; raises MalformedLogError for anything else."""
        name, typed_key = parse_key_line(line)
        if typed_key[:1] != _ED25519:
            raise MalformedLogError("This is not an Ed25519 verifier key: name+hash+base64.")
        return cls(name, typed_key[1:])


@dataclass(frozen=True, repr=False)
class Signer:
    """Signs notes; `seed` is the 32-byte Ed25519 private key of RFC 8032."""

    name: str
    seed: bytes

    @property
    def verifier_key(self) -> VerifierKey:
        """The key that verifies what this signs."""
        return VerifierKey(self.name, self._private().public_key().public_bytes_raw())

    def sign(self, text: str) -> bytes:
        """Return the signed note; the text must end in a newline. Signing is deterministic."""
        return sign_by_all(text, [self])

    def line(self, text: str) -> SignatureLine:
        """Return the signature alone."""
        signature = self._private().sign(text.encode())
        return SignatureLine(self.name, self.verifier_key.key_id, signature)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def sign_by_all(text: str, signers: Sequence[Signer]) -> bytes:
    """Return the note signed by each; the text must end in a newline."""
    _require_text(text)
    return f"{text}\n{''.join(signer.line(text).line for signer in signers)}".encode()


def open_note(note: bytes, known: Sequence[VerifierKey]) -> str:
    """Return the text of a note that a known key has signed; signatures of others are ignored.

    Raises MalformedLogError if it is no note, BadSignatureError if no known key signed it or the
    signature of a known key does not fit.
    """
    text, lines = split_note(note)
    keys = {(key.name, key.key_id): key for key in known}
    verified = False
    for line in lines:
        key = keys.get((line.name, line.key_id))
        if key is None:
            continue
        try:
            public_key = Ed25519PublicKey.from_public_bytes(key.public_key)
            public_key.verify(line.signature, text.encode())
        except InvalidSignature as error:
            raise BadSignatureError(
                f"The signature of {line.name} does not fit the text."
            ) from error
        verified = True
    if not verified:
        names = ", ".join(key.name for key in known)
        raise BadSignatureError(f"The note is not signed by {names}. Was the right key pinned?")
    return text


def split_note(note: bytes) -> tuple[str, list[SignatureLine]]:
    """Split a note into its text and its signatures; none of them is verified.

    Raises MalformedLogError if it is no note, or one of more than MAX_NOTE_BYTES.
    """
    if len(note) > MAX_NOTE_BYTES:
        raise MalformedLogError(f"A note has {len(note)} bytes; {MAX_NOTE_BYTES} are allowed.")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedLogError("A note is not UTF-8.") from error
    text, blank, signatures = whole.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise MalformedLogError("A note must end in a blank line and signature lines.")
    _require_text(text + "\n")
    return text + "\n", [SignatureLine.parse(line) for line in signatures[:-1].split("\n")]


def _require_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROLS.search(text):
        raise MalformedLogError("The text of a note must end in a newline and hold no controls.")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _from_base64(text: str) -> bytes | None:
    """Return the bytes, or None unless this is their one spelling (RFC 4648 section 4)."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if _base64(data) == text else None
