"""What the hotline says to a witness over HTTP, and what it takes as an answer."""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from takeback.hotline.foundation.outbound.bounded import Bounds, exchange
from takeback.hotline.foundation.outbound.environment import environment_route
from takeback.hotline.foundation.outbound.errors import OutboundError
from takeback.tlog.cosignature import CosignatureKey
from takeback.tlog.errors import LogError
from takeback.tlog.signed_note import SignatureLine, split_note
from takeback.tlog.trust import Witness
from takeback.tlog.witnessing import AddCheckpoint, parse_size

_BOUNDS = Bounds(seconds=15.0, quiet_seconds=5.0, answer_bytes=64 * 1024)
_HEADERS = {"User-Agent": "takeback"}
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class WitnessError(Exception):
    """A witness did not cosign; the message says why. `refused`: it has answered, and said no."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        self.refused = refused
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class OtherSize:
    """The witness stands at another size than was thought."""

    size: int


def submit(witness: Witness, request: AddCheckpoint) -> SignatureLine | OtherSize:
    """Ask a witness to cosign; returns its cosignature, verified, or where it stands.

    Raises WitnessError: it can't be reached, refuses, or answers with something else.
    """
    status, body = _exchange("POST", f"{_base(witness)}/add-checkpoint", request.encode())
    try:
        if status == HTTPStatus.CONFLICT:
            return OtherSize(parse_size(body))
        if status != HTTPStatus.OK:
            raise WitnessError(f"It answered with status {status}.", refused=True)
        return _cosignature(witness.key, request.note, body)
    except LogError as error:
        raise WitnessError(f"Its answer can't be used: {error}") from error


def newest_of(witness: Witness, origin: str) -> bytes | None:
    """Ask a witness for the newest checkpoint of a log that it has cosigned.

    Takeback's witnesses answer that; C2SP tlog-witness does not ask for it. None if this one gives
    no answer. Raises WitnessError if it can't be reached.
    """
    url = f"{_base(witness)}/checkpoint?origin={quote(origin, safe='')}"
    status, body = _exchange("GET", url, None)
    return body if status == HTTPStatus.OK else None


def _cosignature(key: CosignatureKey, note: bytes, lines: bytes) -> SignatureLine:
    text, signatures = split_note(note + lines)
    for line in signatures:
        if (line.name, line.key_id) == (key.name, key.key_id):
            key.verify(text, line.signature)
            return line
    raise WitnessError("Its answer has no cosignature of the key in the policy.")


def _base(witness: Witness) -> str:
    parts = urlsplit(witness.url or "")
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise WitnessError("The policy names no https address for it.")
    return (witness.url or "").rstrip("/")


def _exchange(method: str, url: str, body: bytes | None) -> tuple[int, bytes]:
    route = environment_route(url)
    try:
        with exchange(
            method, url, body=body, headers=_HEADERS, bounds=_BOUNDS, route=route
        ) as answer:
            return answer.status, answer.whole()
    except OutboundError as error:
        raise WitnessError(str(error)) from error
