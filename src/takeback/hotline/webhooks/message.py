"""What a webhook says, and its signature as Standard Webhooks 1.0.0 has it: `v1a`, Ed25519."""

import base64
import json
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from takeback.hotline.foundation.secrets import secret

_KEY = "webhook-key"


def webhook_key() -> str:
    """Return the public key that platforms check webhooks with: `whpk_` and base64 of 32 bytes."""
    return f"whpk_{base64.b64encode(_private().public_key().public_bytes_raw()).decode()}"


def message_body(origin: str, size: int, root: bytes, published_at: datetime) -> bytes:
    """Return the body that tells of a checkpoint: where the log is, and nothing of any case."""
    message = {
        "type": "checkpoint.published",
        "timestamp": published_at.isoformat().replace("+00:00", "Z"),
        "data": {"origin": origin, "size": size, "root": root.hex()},
    }
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()


def message_name(message: UUID) -> str:
    """Return what receivers know a message by: its `webhook-id`, the same at each try."""
    return f"msg_{message.hex}"


def signed_headers(message: UUID, at: int, body: bytes) -> dict[str, str]:
    """Return the headers of one try, signed over `id.timestamp.body`; `at`: seconds since 1970."""
    name = message_name(message)
    signature = _private().sign(b".".join((name.encode(), str(at).encode(), body)))
    return {
        "content-type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1a,{base64.b64encode(signature).decode()}",
    }


def _private() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secret(_KEY))
