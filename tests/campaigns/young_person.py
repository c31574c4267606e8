"""A young person at a hotline over real sockets, in a browser that runs our code.

The look-up key is drawn, not derived from a code: that costs a browser's core a second, and the
hotline can't tell.
"""

import asyncio
import json
import re
import secrets
import ssl
import time
from collections.abc import Callable
from html import unescape
from uuid import uuid4

import httpx

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_STEP = re.compile(r'name="step" value="([a-z_]+)"')
_SALT = "data-salt="
_MOST_STEPS = 12
_TIMEOUT_SECONDS = 60.0
_AGAIN_SECONDS = 0.5
RIGHT, UNAVAILABLE, NO_ANSWER = "right", "unavailable", "no answer"
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # made once: it takes long

Answered = Callable[[str, str], None]
"""Hears of every request how it was answered: `right`, `unavailable` (503 that says when to come
again), `no answer`, or the wrong status and where that led."""


class WrongAnswerError(RuntimeError):
    """A page was not what a person could go on from."""


class YoungPerson:
    """One who reports, from an address of their own. `pictures`: how many.

    `patience_seconds`: for how long they ask again what was not answered, or unavailable.
    """

    def __init__(
        self,
        url: str,
        pictures: int,
        on_answer: Answered = lambda _request, _how: None,
        patience_seconds: float = 0.0,
    ) -> None:
        """Draw the fingerprints, an address and the look-up key; nothing is asked yet."""
        self.lookup = secrets.token_hex(32)
        self.pdqs = [secrets.token_hex(32) for _ in range(pictures)]
        self._on_answer = on_answer
        self._patience_seconds = patience_seconds
        self._token = ""
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={
                # A /64 of the documentation's addresses (RFC 3849).
                "X-Forwarded-For": f"2001:db8:{secrets.randbits(16):x}:{secrets.randbits(16):x}::1",
                "Origin": url,
            },
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
            verify=_NO_TLS,
        )

    async def walk_to_the_code(self) -> None:
        """Answer every question, up to the page with the code. Raises WrongAnswerError."""
        await self._expect(303, "POST", "/begin")
        for _ in range(_MOST_STEPS):
            page = await self._expect(200, "GET", "/report")
            if _SALT in page:
                return
            step = _STEP.findall(page)[-1]
            await self._expect(303, "POST", "/report", {"step": step, **self._answer(step)})
        raise WrongAnswerError("The questions did not lead to a code.")

    async def send(self) -> None:
        """Press Send; once this returns, the hotline has accepted the report."""
        await self._expect(204, "POST", "/report", {"step": "send", "lookup": self.lookup})

    async def come_back(self) -> str:
        """Open the case with its code; returns the page."""
        page = await self._expect(200, "GET", "/open")
        if _SALT not in page:
            raise WrongAnswerError("The page does not ask for a code.")
        await self._expect(303, "POST", "/open", {"lookup": self.lookup})
        return await self._expect(200, "GET", "/case")

    async def take_back(self) -> None:
        """Take everything back, from the page that asks once more."""
        await self._expect(303, "POST", "/case/withdraw", {})

    async def ask_to_take_back(self) -> None:
        """Go to the page that asks once more."""
        await self._expect(200, "GET", "/case/withdraw")

    async def close(self) -> None:
        """Close the browser."""
        await self._client.aclose()

    def _answer(self, step: str) -> dict[str, str]:
        records = [
            {
                "id": str(uuid4()),
                "kind": "picture",
                "pdq": pdq,
                "quality": 100,
                "crops": [],
                "sha256": secrets.token_hex(32),
                "md5": secrets.token_hex(16),
            }
            for pdq in self.pdqs
        ]
        answers = {
            "age": {"age": "13_15"},
            "pictures": {"pictures": json.dumps(records), "js": "1"},
            "threat": {"threat": "no"},
        }
        return answers.get(step, {})

    async def _expect(
        self, status: int, method: str, path: str, form: dict[str, str] | None = None
    ) -> str:
        if form is not None:
            form = {"csrfmiddlewaretoken": self._token, **form}
        end = time.monotonic() + self._patience_seconds
        while True:
            how, answer = await self._ask(status, method, path, form)
            self._on_answer(f"{method} {path}", how)
            if how == RIGHT and answer is not None:
                break
            if how not in {UNAVAILABLE, NO_ANSWER} or time.monotonic() > end:
                raise WrongAnswerError(f"{method} {path}: {how}.")
            await asyncio.sleep(_AGAIN_SECONDS)
        page = unescape(answer.text)
        if found := _TOKEN.search(page):
            self._token = found[1]
        return page

    async def _ask(
        self, status: int, method: str, path: str, form: dict[str, str] | None
    ) -> tuple[str, httpx.Response | None]:
        try:
            answer = await self._client.request(method, path, data=form)
        except httpx.TransportError:
            return NO_ANSWER, None
        leads = answer.headers.get("Location", "")
        if answer.status_code == status and not leads.endswith("ended"):
            return RIGHT, answer
        if answer.status_code == 503 and "Retry-After" in answer.headers:
            return UNAVAILABLE, answer
        return f"{answer.status_code} {leads}".strip(), answer
