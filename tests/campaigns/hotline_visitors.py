"""People who walk a hotline's form without JavaScript over real sockets, each from an address."""

import asyncio
import re
import ssl
import time
from collections import Counter
from dataclasses import dataclass, field
from html import unescape

import httpx

from takeback.hotline.codes.domain import CODE_DIGITS

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_STEP = re.compile(r'name="step" value="([a-z_]+)"')
_ANSWERS = {
    "age": {"age": "13_15"},
    "threat": {"threat": "no"},
    "pictures": {"lacks": "1"},
    "instead": {"instead": "address"},
}
_MOST_STEPS = 12
_TIMEOUT_SECONDS = 180.0
_USUAL_WAIT_SECONDS = 5.0
_IDLE_SECONDS = 2.0  # sooner than the server ends idle connections: the two would race
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # made once: it takes long


class NotAnsweredError(RuntimeError):
    """A page was not what a person could go on from."""


@dataclass
class Visitor:
    """One person at `url` whom the hotline sees at `address`.

    `statuses` counts all answers (0: the connection broke); `seconds`: how long each took.
    """

    url: str
    address: str
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    lacking_retry_after: int = 0
    """Answers of 429 and 503 that did not say when to come again."""
    page: str = ""
    _retry_after: float = _USUAL_WAIT_SECONDS

    def __post_init__(self) -> None:
        """Open a browser of one's own."""
        self._client = httpx.AsyncClient(
            base_url=self.url,
            headers={"X-Forwarded-For": self.address, "Origin": self.url},
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
            verify=_NO_TLS,
            limits=httpx.Limits(keepalive_expiry=_IDLE_SECONDS),
        )

    async def walk_to_the_code(self) -> None:
        """Answer every question, up to the page with the code. Raises NotAnsweredError."""
        await self._ask("GET", "/")
        await self._ask("POST", "/begin")
        for _ in range(_MOST_STEPS):
            await self._ask("GET", "/report")
            step = _STEP.findall(self.page)
            if not step:
                raise NotAnsweredError("A page of the form has no step.")
            if step[-1] == "code":
                return
            await self._ask("POST", "/report", self._form(step[-1]))
        raise NotAnsweredError("The questions did not lead to a code.")

    async def send(self, within: float) -> float | None:
        """Press Send, again after what Retry-After says, until it is sent; returns the seconds.

        None if that took longer than `within` seconds.
        """
        form, start = self._form("code"), time.monotonic()
        while (left := start + within - time.monotonic()) > 0:
            status = await self._request("POST", "/report", form)
            if status == httpx.codes.SEE_OTHER:
                took = time.monotonic() - start
                return took if took <= within else None
            await asyncio.sleep(min(self._retry_after, left))
        return None

    async def end(self) -> None:
        """Close the browser."""
        await self._client.aclose()

    async def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> None:
        status = await self._request(method, path, form)
        if status not in {httpx.codes.OK, httpx.codes.SEE_OTHER}:
            raise NotAnsweredError(f"{method} {path} was answered with {status}.")

    async def _request(self, method: str, path: str, form: dict[str, str] | None = None) -> int:
        start = time.monotonic()
        try:
            answer = await self._client.request(method, path, data=form)
        except httpx.TransportError:
            self.statuses[0] += 1
            return 0
        self.seconds.append(time.monotonic() - start)
        self.statuses[answer.status_code] += 1
        wait = answer.headers.get("Retry-After")
        self._retry_after = float(wait) if wait else _USUAL_WAIT_SECONDS
        if answer.status_code in {429, 503} and not wait:
            self.lacking_retry_after += 1
        if answer.status_code == httpx.codes.OK:
            self.page = unescape(answer.text)
        return answer.status_code

    def _form(self, step: str) -> dict[str, str]:
        token = _TOKEN.search(self.page)
        if token is None:
            raise NotAnsweredError("The page has no form.")
        answers = _ANSWERS.get(step, {})
        if step == "addresses":
            answers = {"addresses": f"https://example.org/{self.address}"}
        return {"csrfmiddlewaretoken": token[1], "step": step, **answers}


def well_formed_code() -> str:
    """Twenty digits whose check digit is right and that open nothing."""
    return "0" * CODE_DIGITS
