"""Asks another organisation's server; its answers are bounded in bytes and in time."""

import threading
from collections.abc import Mapping
from http import HTTPStatus
from queue import Empty, SimpleQueue
from typing import Final
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from takeback.hotline.imports.domain import ImportingError

_MOST_BYTES: Final = 16 * 1024 * 1024
_MOST_SECONDS: Final = 120.0
_QUIET_SECONDS: Final = 20.0
_CHUNK_BYTES: Final = 64 * 1024
_TRIES: Final = 4
_FIRST_PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 30.0
_PASSING = {
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Server:
    """A server at a base address, asked with the same secret each time. No redirect is followed."""

    def __init__(
        self,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        secret_query: Mapping[str, str] | None = None,
    ) -> None:
        """Connect to nothing yet; raises ImportingError for an address that would leak the secret.

        `auth`: HTTP Basic; `secret_query`: goes into the query of every request.
        """
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ImportingError("The address of a feed looks like https://…")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ImportingError("The address of a feed holds no name, password or query.")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ImportingError("This address would send the secret in the clear. Use https.")
        self.base = address.rstrip("/")
        self._secret_query = dict(secret_query or {})
        self._session = requests.Session()
        # A .netrc file must not put another secret in the place of this one; a proxy is for the
        # world outside.
        self._session.trust_env = False
        # Packed, a small answer could be a large one.
        self._session.headers.update({"Accept-Encoding": "identity", **(headers or {})})
        self._session.auth = auth

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> bytes:
        """Fetch what is at a path below the base address; tries again what may pass.

        Raises ImportingError, which never quotes the secret.
        """
        pause = _FIRST_PAUSE_SECONDS
        for tries_left in reversed(range(_TRIES)):
            try:
                return self._once(path, {**(query or {}), **self._secret_query})
            except _PassingError as error:
                if not tries_left:
                    raise ImportingError(f"{error} Try again later.") from error
                threading.Event().wait(min(max(pause, error.wait), _LONGEST_PAUSE_SECONDS))
                pause *= 2
        raise AssertionError("unreachable: the last try returns or raises")

    def _once(self, path: str, query: Mapping[str, str | int]) -> bytes:
        """Ask once, in a thread that is left alone when the time is over.

        A limit on each step would not do: whoever sends a byte now and then keeps within it.
        """
        answers: SimpleQueue[bytes | Exception] = SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._ask(path, query))
            except Exception as error:
                answers.put(error)

        threading.Thread(target=ask, daemon=True).start()
        try:
            answer = answers.get(timeout=_MOST_SECONDS)
        except Empty:
            raise _PassingError(f"{self.base} took over {_MOST_SECONDS:.0f} seconds.") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _ask(self, path: str, query: Mapping[str, str | int]) -> bytes:
        try:
            with self._session.get(
                f"{self.base}{path}",
                params=query,
                timeout=_QUIET_SECONDS,
                allow_redirects=False,
                stream=True,
            ) as answer:
                self._require_ok(answer)
                body = bytearray()
                while chunk := answer.raw.read1(_CHUNK_BYTES):
                    body += chunk
                    if len(body) > _MOST_BYTES:
                        raise ImportingError(f"{self.base} sent over {_MOST_BYTES} bytes at once.")
                return bytes(body)
        except (requests.RequestException, HTTPError, OSError) as error:
            # Its text would hold the address with its query.
            raise _PassingError(f"{self.base} can't be reached ({type(error).__name__}).") from None

    def _require_ok(self, answer: requests.Response) -> None:
        status = answer.status_code
        if status == HTTPStatus.OK:
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise ImportingError(f"{self.base} packs its answer, though it was asked not to.")
            return
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise ImportingError(f"{self.base} does not take the secret, or not for this.")
        if status == HTTPStatus.BAD_REQUEST:
            raise ImportingError(
                f"{self.base} refuses the question. Is this machine's clock right? If the last "
                "import was long ago, begin anew: --anew."
            )
        if status in _PASSING:
            after = answer.headers.get("Retry-After", "")
            wait = float(after) if after.isdecimal() and after.isascii() else 0.0
            raise _PassingError(f"{self.base} answers with status {status}.", wait)
        raise ImportingError(f"{self.base} answers with status {status}. Is the address right?")


class _PassingError(Exception):
    """No answer this time; `wait`: seconds for which the server wants to be left alone."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        self.wait = wait
        super().__init__(message)
