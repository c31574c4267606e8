"""A hotline to measure with: real processes, a PostgreSQL that loses nothing, and a long list.

Django is set up here, once in a process. A long list is put straight among what waits to be
sequenced; everything after that goes the way of every report.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import requests

from benchmarks.machine import KEPT
from takeback.hashlist.events import (
    AddedEvent,
    Provenance,
    cut_to_hour,
    new_entry_id,
)
from takeback.hashlist.signals import PdqSignal, Sha256Signal, Signal

FOLDER: Final = KEPT / "following"
"""Where everything of a run lies: the database, the hotline's state, the gates' stores."""

PATIENCE_SECONDS: Final = 600.0
"""After which something that never comes true is a fault of the measurement."""

_FILLED_AT_A_TIME: Final = 20_480  # five batches of the sequencing
_PURPOSE: Final = 'lists = "Random codes, to measure with"\nmost_added_a_day = 100000000\n'


@dataclass(frozen=True)
class MeasuredHotline:
    """A hotline that answers at `url`. Its worker runs inside `working()` only."""

    url: str
    environment: Mapping[str, str]

    def working(self) -> contextlib.AbstractContextManager[None]:
        """Run the worker meanwhile."""
        return running(["hotline", "worker"], self.environment)


@contextlib.contextmanager
def measured_hotline() -> Iterator[MeasuredHotline]:
    """Start a hotline with an empty list; all of it is removed again. Once in a process."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    purpose = FOLDER / "purpose.toml"
    purpose.write_text(_PURPOSE, encoding="utf-8")
    from takeback.hotline.foundation.database import embedded_server

    server = embedded_server(FOLDER / "postgres", cleanup_mode=None)
    environment = {
        **os.environ,
        "TAKEBACK_STATE": str(FOLDER / "state"),
        "TAKEBACK_PURPOSE": str(purpose),
        "DATABASE_URL": str(server.get_uri()),
        "DJANGO_SETTINGS_MODULE": "takeback.hotline.config.settings",
    }
    os.environ.update(environment)
    try:
        _set_up_django()
        from takeback.hotline.log.sequencing import sequence_everything

        sequence_everything()  # the log begins
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with running(["hotline", "serve", "--port", str(port)], environment):
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: _answers(url))
            yield MeasuredHotline(url, environment)
    finally:
        server.stop()
        shutil.rmtree(FOLDER, ignore_errors=True)


@contextlib.contextmanager
def running(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[None]:
    """Run `takeback …` meanwhile, and end it."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "takeback", *command], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def wait_until(truth: Callable[[], bool], pause: float = 0.02) -> None:
    """Wait for something; raises RuntimeError after `PATIENCE_SECONDS`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not truth():
        if time.monotonic() > deadline:
            raise RuntimeError("What the measurement waits for never came true.")
        time.sleep(pause)


def fill(codes: Sequence[str], on_progress: Callable[[int], None] = lambda _done: None) -> float:
    """List an entry a PDQ (64 hex digits) in the lane self_reported, and sequence them.

    Returns how many seconds sequencing took; `on_progress` hears how many are done.
    """
    from takeback.hotline.log.sequencing import sequence_everything

    sequencing = 0.0
    for start in range(0, len(codes), _FILLED_AT_A_TIME):
        portion = codes[start : start + _FILLED_AT_A_TIME]
        _put_among_the_pending(portion)
        began = time.perf_counter()
        sequence_everything()
        sequencing += time.perf_counter() - began
        on_progress(start + len(portion))
    return sequencing


def signals_of(code: str) -> tuple[Signal, ...]:
    """Return what is listed of a picture with this PDQ: the PDQ, and a SHA-256."""
    return PdqSignal(value=code, quality=100), Sha256Signal(value=secrets.token_hex(32))


def _put_among_the_pending(codes: Sequence[str]) -> None:
    from takeback.hotline.entries.domain import as_appended
    from takeback.hotline.entries.models import Entry
    from takeback.hotline.log.actions import append
    from takeback.hotline.log.domain import NewEvent
    from takeback.hotline.log.signing import log_origin
    from takeback.signals.lanes import Lane

    now = datetime.now(UTC)
    provenance = Provenance(hotline=log_origin())
    entries: list[Entry] = []
    events: list[NewEvent] = []
    for code in codes:
        entry = new_entry_id()
        event = AddedEvent(
            entry=entry,
            time=cut_to_hour(now),
            lane=Lane.SELF_REPORTED,
            provenance=provenance,
            signals=signals_of(code),
        )
        events.append(as_appended(event))
        entries.append(Entry(id=entry, lane=Lane.SELF_REPORTED, listed_at=now))
    Entry.objects.bulk_create(entries)
    append(events)


def _set_up_django() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


def _answers(url: str) -> bool:
    with contextlib.suppress(requests.RequestException):
        return requests.get(f"{url}/log/v1/checkpoint", timeout=5).ok
    return False
