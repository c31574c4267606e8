"""A device with one passkey, in software: it answers what a page of the desk asks, as browsers do.

Formats: W3C Web Authentication, level 2 (packed by hand with python-fido2's own types).
"""

import hashlib
import json
import os
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

_FLAG = AuthenticatorData.FLAG


class PasskeyDevice:
    """Makes a passkey and logs in with it; `origin`: the address of the page that asks."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._host = origin.partition("//")[2].partition(":")[0]
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._credential = os.urandom(16)
        self._user = ""

    def make(self, options: str) -> str:
        """What the browser sends after `navigator.credentials.create` with these options."""
        challenge = json.loads(options)["publicKey"]
        self._user = challenge["user"]["id"]
        public_key = ES256.from_cryptography_key(self._key.public_key())  # type: ignore[no-untyped-call]
        credential = AttestedCredentialData.create(Aaguid.NONE, self._credential, public_key)
        data = self._data(_FLAG.UP | _FLAG.UV | _FLAG.AT, credential)
        attested = AttestationObject.create("none", data, {})
        client = self._client(CollectedClientData.TYPE.CREATE, challenge["challenge"])
        return self._answer(
            {"clientDataJSON": client.b64, "attestationObject": websafe_encode(attested)},
            {"credProps": {"rk": True}},
        )

    def answer(self, options: str) -> str:
        """What the browser sends after `navigator.credentials.get` with these options."""
        challenge = json.loads(options)["publicKey"]
        data = self._data(_FLAG.UP | _FLAG.UV)
        client = self._client(CollectedClientData.TYPE.GET, challenge["challenge"])
        signature = self._key.sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": client.b64,
                "authenticatorData": websafe_encode(data),
                "signature": websafe_encode(signature),
                "userHandle": self._user,
            },
            {},
        )

    def _data(self, flags: AuthenticatorData.FLAG, credential: bytes = b"") -> AuthenticatorData:
        host = hashlib.sha256(self._host.encode()).digest()
        return AuthenticatorData(AuthenticatorData.create(host, flags, 0, credential))

    def _client(self, kind: str, challenge: str) -> CollectedClientData:
        return CollectedClientData.create(kind, challenge, self._origin)

    def _answer(self, response: dict[str, Any], extensions: dict[str, Any]) -> str:
        name = websafe_encode(self._credential)
        answer = {"id": name, "rawId": name, "type": "public-key", "response": response}
        return json.dumps(answer | {"clientExtensionResults": extensions})
