"""What all case codes of this hotline are stretched with, and what is stored of one."""

import hashlib
import hmac

from takeback.hotline.codes.domain import SALT_BYTES
from takeback.hotline.foundation.encryption import derive_key
from takeback.hotline.foundation.secrets import secret


def site_salt() -> bytes:
    """The 16 bytes that every case code of this hotline is stretched with; public."""
    return derive_key(secret("site-salt"), "takeback site salt v1", length=SALT_BYTES)


def lookup_digest(lookup: bytes) -> bytes:
    """What is stored of a look-up key: HMAC-SHA256 under a secret outside the database."""
    return hmac.new(secret("pepper"), lookup, hashlib.sha256).digest()
