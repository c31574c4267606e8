"""Asks another organisation's server; its answers are bounded in bytes and in time."""

import base64
import threading
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from takeback.hotline.foundation.outbound.bounded import Answer, Bounds, exchange
from takeback.hotline.foundation.outbound.environment import direct_route
from takeback.hotline.foundation.outbound.errors import (
    LateError,
    OutboundError,
    TooMuchError,
    UnreachableError,
)
from takeback.hotline.imports.domain import ImportingError

_MOST_BYTES: Final = 16 * 1024 * 1024
_MOST_SECONDS: Final = 120.0
_QUIET_SECONDS: Final = 20.0
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
_KEPT_IN_ADDRESSES: Final = "!#$%&'()*+,/:;=?@[]~"
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
        # Packed, a small answer could be a large one.
        self._headers = {"User-Agent": "takeback", "Accept-Encoding": "identity", **(headers or {})}
        if auth is not None:
            named = base64.b64encode(":".join(auth).encode("latin-1", "xmlcharrefreplace"))
            self._headers["Authorization"] = f"Basic {named.decode()}"

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
        # A proxy is for the world outside; the secret goes to the server alone.
        request = exchange(
            "GET",
            self._address(path, query),
            headers=self._headers,
            bounds=Bounds(_MOST_SECONDS, _QUIET_SECONDS, _MOST_BYTES),
            route=direct_route(),
        )
        try:
            with request as answer:
                self._require_ok(answer)
                return answer.whole()
        except TooMuchError:
            raise ImportingError(f"{self.base} sent over {_MOST_BYTES} bytes at once.") from None
        except LateError:
            raise _PassingError(f"{self.base} took over {_MOST_SECONDS:.0f} seconds.") from None
        except UnreachableError as error:
            raise _PassingError(f"{self.base} can't be reached ({error.kind}).") from None
        except OutboundError as error:
            raise _PassingError(f"{self.base} can't be reached. {error}") from None

    def _address(self, path: str, query: Mapping[str, str | int]) -> str:
        """The address of a path with more in its query; whatever signs it holds can be sent."""
        parts = urlsplit(f"{self.base}{path}")
        queries = [quote(parts.query, safe=_KEPT_IN_ADDRESSES), urlencode(query)]
        whole = "&".join(part for part in queries if part)
        return urlunsplit(
            (parts.scheme, parts.netloc, quote(parts.path, safe=_KEPT_IN_ADDRESSES), whole, "")
        )

    def _require_ok(self, answer: Answer) -> None:
        status = answer.status
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
