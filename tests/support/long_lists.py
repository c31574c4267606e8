"""Lists, made in bulk, and the stock client that follows them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from takeback.hashlist.events import (
    AddedEvent,
    EntryId,
    Provenance,
    cut_to_hour,
    new_entry_id,
)
from takeback.hashlist.signals import PdqSignal
from takeback.hotline.entries.domain import as_appended
from takeback.hotline.entries.models import Entry
from takeback.hotline.feedback import access as feedback_access
from takeback.hotline.log import access as log_access
from takeback.hotline.log.actions import append
from takeback.hotline.log.sequencing import sequence_everything
from takeback.signals.lanes import Lane

_SOURCES: dict[Lane, dict[str, Any]] = {
    Lane.IMPORTED: {"source": "import", "feed": "elsewhere"},
    Lane.TEST: {"source": "test"},
}
_CLIENT = Path(__file__).with_name("stock_client.py")


def list_pdqs(pdqs: Sequence[str], lane: Lane = Lane.SELF_REPORTED) -> list[EntryId]:
    """Put an entry a PDQ (64 hex digits) on the list and into the log."""
    now = datetime.now(UTC)
    provenance = Provenance(hotline=log_access.log_origin(), **_SOURCES.get(lane, {}))
    events = [
        AddedEvent(
            entry=new_entry_id(),
            time=cut_to_hour(now),
            lane=lane,
            provenance=provenance,
            signals=(PdqSignal(value=pdq, quality=90),),
        )
        for pdq in pdqs
    ]
    Entry.objects.bulk_create(Entry(id=event.entry, lane=lane, listed_at=now) for event in events)
    append(as_appended(event) for event in events)
    sequence_everything()
    return [event.entry for event in events]


def random_pdqs(count: int) -> list[str]:
    """Draw so many PDQs that nobody has."""
    return [os.urandom(32).hex() for _ in range(count)]


def was_fetched(entry: EntryId) -> bool:
    """Whether it is kept that every platform has this entry."""
    return all(outcome.fetched_at is not None for outcome in feedback_access.outcomes([entry]))


class StockClient:
    """The stock client of one shape in a process of its own, with its saved state."""

    def __init__(
        self, shape: str, url: str, token: str, state: Path, zone: str, ahead: float
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(_CLIENT), shape, url, token, str(state), str(ahead)],
            env={**os.environ, "TZ": zone},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fetch(self, *, pages: int = 0) -> dict[str, Any]:
        """Fetch from the saved checkpoint, so many pages with news or all; what it knows then."""
        return self._ask({"fetch": pages})

    def signals(self) -> dict[str, list[str]]:
        """Fetch; the PDQs that it would match, each with its opinion and tags."""
        answer = self.fetch()
        assert "error" not in answer, answer
        known: dict[str, list[str]] = answer["signals"]
        return known

    def matches(self, pdq: str) -> list[str] | None:
        """Match a PDQ as `tx match` does; the tags of what it finds, None if it finds nothing."""
        answer = self._ask({"match": pdq})
        assert "error" not in answer, answer
        found: list[str] | None = answer["found"]
        return found

    def say(self, *words: str) -> str:
        """Send feedback; returns what went wrong, nothing if nothing did."""
        return str(self._ask({"say": words}).get("error", ""))

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _ask(self, what: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


Connect = Callable[..., StockClient]
"""Points a stock client at a hotline; see the fixture `connect`."""


def comes_to(client: StockClient, expected: dict[str, list[str]]) -> None:
    """Fetch until the client knows this: a change can wait for the next whole second."""
    deadline = time.monotonic() + 20
    while (known := client.signals()) != expected:
        assert time.monotonic() < deadline, known
        time.sleep(0.1)
