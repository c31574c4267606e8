"""What a gate says to a hotline over HTTP: see docs/wire.md."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Self
from urllib.parse import quote, urlsplit

import requests
from pydantic import BaseModel, Field, ValidationError
from requests.auth import AuthBase

from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import Acknowledgement, FeedbackBatch, FeedbackItem, FeedbackReceipt
from takeback.tlog.bundles import MOST_OPENINGS, EventRange
from takeback.tlog.commitments import MAX_EVENT_BYTES
from takeback.tlog.errors import LogError
from takeback.tlog.signed_note import VerifierKey
from takeback.tlog.tiles import BundleRef, TileRef

WAIT_SECONDS = 25
_TIMEOUT_SECONDS = 20.0
_MAX_NOTE_BYTES = 64 * 1024
_MAX_OPENINGS_BYTES = MOST_OPENINGS * MAX_EVENT_BYTES // 8  # an event has half a kilobyte
_MAX_ERROR_BYTES = 4096
_CHUNK_BYTES = 1024 * 1024
_TOKEN = re.compile(r"tb1_[A-Za-z0-9-]+_(?P<pin>[0-9a-f]{16})")
_SHAPE_OF_TOKENS = "It looks like tb1_…_… and comes from the hotline."
_WHAT_TO_PUT_THERE = "Put the token there that the hotline gave you, alone in the file."
_AT_EVERY_HOTLINE = re.compile(
    r"/log/v1/(key|checkpoint)|/list/v1/(wait|checkpoint|feedback|acknowledgement)"
)
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_OK = 200
_NO_NEWS = 204
_ELSEWHERE = range(300, 400)
_NOT_THERE = (404, 405, 410)
_DENIED = (401, 403)
_NEVER_TAKEN = (400, 413, 422)


class HotlineError(Exception):
    """The hotline could not be asked; the message says what to do."""


class HotlineUnreachableError(HotlineError):
    """No usable answer this time: trying again later may help."""


class HotlineDeniedError(HotlineError):
    """The hotline does not accept this token, or not for this request; the message says why."""


class FeedbackRefusedError(HotlineError):
    """The hotline will never take this feedback."""


class TokenError(ValueError):
    """The token is malformed; the message never quotes it."""


@dataclass(frozen=True, repr=False)
class PlatformToken:
    """What a hotline gives a platform: the right to read the list, and a pin of the log's key."""

    text: str
    pin: str

    @classmethod
    def parse(cls, text: str) -> "PlatformToken":
        """Read a token `tb1_<secret>_<pin>`; raises TokenError."""
        found = _TOKEN.fullmatch(text.strip())
        if found is None:
            raise TokenError(f"This is not a platform's token. {_SHAPE_OF_TOKENS}")
        return cls(text.strip(), found["pin"])

    @classmethod
    def read(cls, path: Path) -> "PlatformToken":
        """Read the token that a file holds; raises TokenError, which says what to do."""
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError as error:
            raise TokenError(f"There is no token file {path}. {_WHAT_TO_PUT_THERE}") from error
        except OSError as error:
            raise TokenError(f"The token file {path} can't be read: {error.strerror}.") from error
        if not text.strip():
            raise TokenError(f"The token file {path} is empty. {_WHAT_TO_PUT_THERE}")
        try:
            return cls.parse(text)
        except TokenError as error:
            raise TokenError(
                f"The token file {path} holds something else. {_SHAPE_OF_TOKENS}"
            ) from error


class _Refusal(BaseModel):
    """Why a hotline does not let a key in."""

    error: str = ""
    scope: Annotated[str, Field(pattern=r"^[a-z_]{0,32}$")] = ""


class _Bearer(AuthBase):
    """Sends the token; as `auth`, and not as a header, a .netrc file can't take its place."""

    def __init__(self, token: PlatformToken) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.text}"
        return request


class PublicLog:
    """Asks a hotline for what anybody may have. Redirects are not followed.

    `url`: where the hotline answers; it must be https, or on this machine.
    """

    def __init__(self, url: str) -> None:
        """Connect to nothing yet; raises ValueError for an address that would leak a token."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url} is not the address of a hotline: https://…")
        if parts.username or parts.password:
            raise ValueError("The address of a hotline holds no name and no password: https://…")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ValueError(f"{url} would send everything in the clear. Use https.")
        self.url = url.rstrip("/")
        self._session = requests.Session()
        # A proxy is for the world outside: what is meant for this machine stays on it.
        self._session.trust_env = parts.hostname not in _LOOPBACK

    def key(self) -> str:
        """Fetch the log's verifier key line."""
        line = self._get("/log/v1/key", _MAX_NOTE_BYTES).decode("utf-8", "replace").strip()
        try:
            return VerifierKey.parse(line).line
        except LogError as error:
            raise self._no_hotline("what it calls its log's key is none") from error

    def checkpoint(self) -> bytes:
        """Fetch the signed checkpoint."""
        return self._get("/log/v1/checkpoint", _MAX_NOTE_BYTES)

    def purpose(self) -> bytes:
        """Fetch the opening of the log's first event."""
        return self._get("/log/v1/purpose", _MAX_NOTE_BYTES)

    def entries(self, ref: BundleRef) -> bytes:
        """Fetch an entry bundle: commitments."""
        return self._get(f"/log/v1/tile/entries/{ref.path}", _MAX_NOTE_BYTES)

    def seen_of(self, origin: str) -> bytes:
        """Fetch, from a witness, the newest checkpoint of a log that it has cosigned."""
        return self._get(f"/checkpoint?origin={quote(origin, safe='')}", _MAX_NOTE_BYTES)

    def tile(self, ref: TileRef) -> bytes:
        """Fetch a tile of the Merkle tree."""
        return self._get(f"/log/v1/tile/{ref.path}", _MAX_NOTE_BYTES)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _get(self, path: str, most: int, waiting: int = 0) -> bytes:
        options: dict[str, Any] = {
            "timeout": _TIMEOUT_SECONDS + waiting,
            "allow_redirects": False,
            "stream": True,
        }
        try:
            with self._session.get(f"{self.url}{path}", **options) as answer:
                self._check_status(answer)
                body = bytearray()
                for chunk in answer.iter_content(_CHUNK_BYTES):
                    body += chunk
                    if len(body) > most:
                        raise HotlineUnreachableError(
                            f"{self.url} sent more than {most} bytes for {path}. "
                            "Is it a hotline of the same version?"
                        )
                return bytes(body)
        except requests.RequestException as error:
            raise HotlineUnreachableError(self._no_answer(error)) from error

    def _check_status(self, answer: requests.Response) -> None:
        status = answer.status_code
        if status == _OK and answer.headers.get("Content-Type", "").startswith("text/html"):
            raise self._no_hotline("a website answers there")
        if status in (_OK, _NO_NEWS):
            return
        if status in _DENIED:
            raise HotlineDeniedError(_why_denied(self.url, answer))
        if answer.request.method == "POST" and status in _NEVER_TAKEN:
            raise FeedbackRefusedError(f"{self.url} refused the feedback with status {status}.")
        if status in _NOT_THERE and _AT_EVERY_HOTLINE.search(answer.request.path_url):
            raise self._no_hotline(f"it answers with status {status}")
        if status in _ELSEWHERE:
            raise HotlineUnreachableError(
                f"{self.url} sends on to another address (status {status}), which is not followed. "
                "Give the address that the hotline's operator gave you."
            )
        raise HotlineUnreachableError(f"{self.url} answered with status {status}. Try again later.")

    def _no_hotline(self, why: str) -> HotlineUnreachableError:
        return HotlineUnreachableError(
            f"There is no hotline at {self.url}: {why}. Check the address that the "
            "hotline's operator gave you."
        )

    def _no_answer(self, error: Exception) -> str:
        return f"{self.url} can't be reached ({type(error).__name__}). Is it running?"


class HotlineClient(PublicLog):
    """Asks one hotline in the name of a platform. The token goes to no other place."""

    def __init__(self, url: str, token: PlatformToken) -> None:
        """Connect to nothing yet; raises ValueError for an address that would leak the token."""
        super().__init__(url)
        self._session.auth = _Bearer(token)

    def wait(self, size: int, seconds: int = WAIT_SECONDS) -> bytes | None:
        """Wait until the log has more than `size` events; the checkpoint, or None."""
        query = f"/list/v1/wait?size={size}&seconds={seconds}"
        return self._get(query, _MAX_NOTE_BYTES, seconds) or None

    def openings(self, part: EventRange) -> bytes:
        """Fetch the openings of a range of events."""
        return self._get(f"/list/v1/openings/{part.path}", _MAX_OPENINGS_BYTES)

    def send_feedback(self, items: Sequence[FeedbackItem]) -> list[EntryId]:
        """Deliver feedback; returns the ids of entries that the hotline does not know.

        Raises FeedbackRefusedError if sending the same again would never help.
        """
        batch = FeedbackBatch(feedback=tuple(items))
        try:
            answer = self._session.post(
                f"{self.url}/list/v1/feedback",
                data=batch.model_dump_json(),
                headers={"Content-Type": "application/json"},
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
            self._check_status(answer)
            return list(FeedbackReceipt.model_validate_json(answer.content).unknown)
        except (requests.RequestException, ValidationError) as error:
            raise HotlineUnreachableError(self._no_answer(error)) from error

    def acknowledge(self, size: int, root: bytes) -> None:
        """Say up to which state the list is in force here."""
        acknowledgement = Acknowledgement(size=size, root=root.hex())
        try:
            answer = self._session.post(
                f"{self.url}/list/v1/acknowledgement",
                data=acknowledgement.model_dump_json(),
                headers={"Content-Type": "application/json"},
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
            self._check_status(answer)
        except requests.RequestException as error:
            raise HotlineUnreachableError(self._no_answer(error)) from error

    def show_checkpoint(self, note: bytes) -> None:
        """Show the signed checkpoint that is held here: the hotline's log must contain it."""
        try:
            answer = self._session.post(
                f"{self.url}/list/v1/checkpoint",
                data=note,
                headers={"Content-Type": "text/plain; charset=utf-8"},
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
            self._check_status(answer)
        except requests.RequestException as error:
            raise HotlineUnreachableError(self._no_answer(error)) from error


def _why_denied(url: str, answer: requests.Response) -> str:
    """Say in our own words what the hotline says is wrong with the key; docs/wire.md has them."""
    body = next(answer.iter_content(_MAX_ERROR_BYTES), b"")
    try:
        error = _Refusal.model_validate_json(body)
    except ValidationError:
        error = _Refusal()
    match error.error:
        case "key_expired":
            return f"The token for {url} has expired. Ask the hotline for a new one."
        case "key_revoked":
            return f"{url} has taken the token back. Ask the hotline for a new one."
        case "lacks_scope" if error.scope:
            return (
                f"The token for {url} lacks the scope {error.scope}. "
                "Ask the hotline for one that has it."
            )
        case _:
            return f"{url} does not take the token. Ask the hotline for a new one."
