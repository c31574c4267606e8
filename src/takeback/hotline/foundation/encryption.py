"""Seals small JSON values so that the database holds only ciphertext of what a person wrote.

AES-256-GCM (NIST SP 800-38D) with a random 12-byte nonce in front. What the value belongs to is
bound in as associated data, so that a ciphertext moved to another row or column does not open.
"""

import json
import os
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from takeback.hotline.foundation.secrets import secret

KEY_BYTES = 32
NONCE_BYTES = 12
PADDING_BYTES = 256
"""Plaintexts are padded to a multiple of this, so that a length says nearly nothing."""

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"


class CannotOpenError(ValueError):
    """The sealed value was changed, moved, or sealed under another key."""


def derive_key(material: bytes, info: str, *, length: int = KEY_BYTES) -> bytes:
    """HKDF-SHA256 (RFC 5869) with an empty salt: `length` bytes for the purpose `info`."""
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info.encode()).derive(material)


def seal(key: bytes, belongs_to: str, value: JSON) -> bytes:
    """Seal `value` under a 32-byte key; `belongs_to` names its table, column and row."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    padded = text + b" " * (-len(text) % PADDING_BYTES)
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, padded, belongs_to.encode())


def unseal(key: bytes, belongs_to: str, sealed: bytes) -> JSON:
    """Undo `seal`. Raises CannotOpenError when key, place or bytes are not the same."""
    nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        text = AESGCM(key).decrypt(nonce, ciphertext, belongs_to.encode())
    except (InvalidTag, ValueError) as error:
        raise CannotOpenError(
            "A sealed value does not open with this hotline's secret. Restore the secrets that go "
            "with this database."
        ) from error
    value: JSON = json.loads(text)
    return value


def seal_field(belongs_to: str, value: JSON) -> bytes:
    """Seal a value under the hotline's own key, the secret `fields`."""
    return seal(derive_key(secret("fields"), "takeback fields v1"), belongs_to, value)


def unseal_field(belongs_to: str, sealed: bytes) -> JSON:
    """Undo `seal_field`. Raises CannotOpenError as `unseal` does."""
    return unseal(derive_key(secret("fields"), "takeback fields v1"), belongs_to, sealed)
