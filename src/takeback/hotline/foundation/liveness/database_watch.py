"""Looks every second whether the database answers, says when that changes, and revives ours."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import psycopg

from takeback.hotline.foundation.database import connection_options, revive_embedded
from takeback.hotline.foundation.liveness.trouble import trouble_of

WATCHER: Final = "takeback watch"
"""The `application_name` of the connection that `serve` and `worker` each keep while they run."""

_EVERY_SECONDS: Final = 1.0
_FIRST_PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 2.0
_OLD_SECONDS: Final = 10.0
_SILENT_TRIES: Final = 3
"""Nearly always children of the old server are still there at first, and gone a few seconds on."""

_log = logging.getLogger(__name__)

_Seen = TypeVar("_Seen")


@dataclass(frozen=True, slots=True)
class Look(Generic[_Seen]):
    """What came of looking: whether the database answered, and what; None if it did not."""

    answers: bool
    seen: _Seen | None = None


class DatabaseWatch(Generic[_Seen]):
    """Keeps one connection, apart from the pool, and asks it once a second.

    `ask`: what to ask, over a connection that commits by itself; it must be quick.
    """

    def __init__(self, ask: Callable[[psycopg.Connection], _Seen]) -> None:
        self._ask = ask
        self._newest: tuple[float, Look[_Seen]] | None = None
        self._runs = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Look while the context lasts, in a thread of its own."""
        ended = threading.Event()
        thread = threading.Thread(
            target=self._watch, args=(ended,), name="database watch", daemon=True
        )
        thread.start()
        self._runs = True
        try:
            yield
        finally:
            self._runs = False
            ended.set()
            thread.join(_EVERY_SECONDS)

    @property
    def runs(self) -> bool:
        """Whether it looks by itself, and has: otherwise `newest` looks, and may wait."""
        return self._runs and self._newest is not None

    def newest(self) -> Look[_Seen]:
        """Return what it saw last. One that hangs for ten seconds does not answer."""
        if not self._runs or self._newest is None:
            return self._look_once()
        seen_at, newest = self._newest
        return newest if time.monotonic() - seen_at < _OLD_SECONDS else Look(answers=False)

    def _look_once(self) -> Look[_Seen]:
        try:
            with _connected() as connection:
                return Look(answers=True, seen=self._ask(connection))
        except psycopg.Error:
            return Look(answers=False)

    def _watch(self, ended: threading.Event) -> None:
        pause, away_since, reviving = _FIRST_PAUSE_SECONDS, 0.0, _Reviving()
        while not ended.is_set():
            try:
                with _connected() as connection:
                    while not ended.is_set():
                        seen = self._ask(connection)
                        self._newest = time.monotonic(), Look(answers=True, seen=seen)
                        if away_since:
                            away = time.monotonic() - away_since
                            _log.warning("The database answers again, after %.0f s.", away)
                            reviving = _Reviving()
                        pause, away_since = _FIRST_PAUSE_SECONDS, 0.0
                        ended.wait(_EVERY_SECONDS)
            except Exception as error:  # whatever it was, it must go on looking
                self._newest = time.monotonic(), Look(answers=False)
                if not away_since:
                    away_since = time.monotonic()
                    trouble = trouble_of(error) or type(error).__name__
                    _log.error("%s It is looked for until it does.", trouble)
            if not ended.is_set():
                reviving.try_once()
                ended.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _connected() -> psycopg.Connection:
    options = connection_options() | {"application_name": WATCHER}
    return psycopg.connect(**options, autocommit=True)


class _Reviving:
    """Starts the embedded server until it runs, and says once what is in the way."""

    def __init__(self) -> None:
        self._said = ""
        self._silent_tries = _SILENT_TRIES

    def try_once(self) -> None:
        """Start it if it is gone. What may pass by itself is said only if it does not."""
        try:
            if revive_embedded():
                _log.warning("The embedded PostgreSQL runs again.")
        except Exception as error:  # whatever it was, it is tried again
            reason = trouble_of(error)
            if reason is None and self._silent_tries:
                self._silent_tries -= 1
                return
            reason = reason or (
                f"{type(error).__name__}; its own log is in its folder. A full disk would be a "
                "reason."
            )
            if reason != self._said:
                _log.error("The embedded PostgreSQL does not start: %s It is tried again.", reason)
            self._said = reason
