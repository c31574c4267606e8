"""Follows several lists at once, each for itself: one that fails holds up no other."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from takeback.gate.store.outbox import Outbox
from takeback.gate.store.standing import ListStanding, read_standing
from takeback.gate.store.store import Store
from takeback.gate.sync.client import HotlineClient, PlatformToken
from takeback.gate.sync.delivery import FeedbackDelivery, back_off_seconds, deliver_outbox
from takeback.gate.sync.list_sync import ListSync, SyncOutcome

# For what is under way when it is stopped; killed at any instant a store is whole.
_END_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class ListSource:
    """Where one list comes from and goes to; `name` is "" if it is the only one.

    `token` and `store` read and open what may not be there: of several lists each fails for itself.
    """

    name: str
    hotline: str
    token: Callable[[], PlatformToken]
    store: Callable[[], Store]

    @contextmanager
    def opened(self) -> Iterator["OpenedList"]:
        """Open the store, and be the only one that syncs it."""
        token, store = self.token(), self.store()
        with store.sync_lock():
            yield OpenedList(self, token, store)


@dataclass(frozen=True, slots=True)
class OpenedList:
    """A list that can be synced now."""

    source: ListSource
    token: PlatformToken
    store: Store

    def sync_once(
        self,
        on_progress: Callable[[int, int], None],
        on_outcome: Callable[[SyncOutcome, ListStanding], None],
    ) -> int:
        """Take what is new, then deliver waiting feedback; returns how much was delivered.

        `on_outcome` hears in between what was reached and how the list stands then. Raises as
        `ListSync.sync` and `deliver_outbox` do.
        """
        with HotlineClient(self.source.hotline, self.token) as client:
            outcome = ListSync(self.store, client, self.token, on_progress).sync()
            on_outcome(outcome, read_standing(self.store))
            return deliver_outbox(Outbox(self.store), client)

    def follow(
        self,
        on_outcome: Callable[[SyncOutcome], None],
        on_trouble: Callable[[Exception, float], None],
        stopped: threading.Event,
    ) -> None:
        """Keep the list in step and deliver feedback until `stopped` is set."""
        # A client of its own: a connection is not for two threads.
        with (
            HotlineClient(self.source.hotline, self.token) as client,
            HotlineClient(self.source.hotline, self.token) as delivery_client,
        ):
            delivery = FeedbackDelivery(Outbox(self.store), delivery_client)
            delivery.start()
            try:
                ListSync(self.store, client, self.token).follow(on_outcome, on_trouble, stopped)
            finally:
                delivery.stop()


class SupervisorObserver(Protocol):
    """Hears what becomes of each list; every method is called from the list's own thread."""

    def in_force(self, source: ListSource, outcome: SyncOutcome, standing: ListStanding) -> None:
        """A list is followed, or has grown."""

    def trouble(self, source: ListSource, error: Exception, pause: float) -> None:
        """A followed list could not be brought up to date; it is tried again in so many seconds."""

    def failed(self, source: ListSource, error: Exception) -> None:
        """A list can't be followed now."""

    def trying_again(self, source: ListSource, pause: float) -> None:
        """A list that failed is tried again in so many seconds."""


class Supervisor:
    """Follows lists, each in a thread of its own, until it is stopped or none can be followed."""

    def __init__(self, sources: Sequence[ListSource], observer: SupervisorObserver) -> None:
        self._sources = tuple(sources)
        self._observer = observer
        self._stopped = threading.Event()
        self._none_is_left = threading.Event()
        self._changing = threading.Lock()
        # How often in a row each list that is not followed has failed.
        self._failing: dict[str, int] = {}

    def run(self) -> None:
        """Follow until no list is left that can be followed.

        A gate that follows nothing must not go unnoticed: its operator sees that it ends. An
        interrupt of this thread ends it, too, once what is under way has had a moment to finish.
        """
        # Daemons, because a thread may be in the middle of a long poll when it is stopped.
        threads = [
            threading.Thread(target=self._follow, args=(source,), name="sync", daemon=True)
            for source in self._sources
        ]
        for thread in threads:
            thread.start()
        try:
            self._none_is_left.wait()
        except KeyboardInterrupt:
            self._stopped.set()
            for thread in threads:
                thread.join(_END_SECONDS / len(threads))
            raise

    def _follow(self, source: ListSource) -> None:
        while not self._stopped.is_set():
            try:
                with source.opened() as opened:
                    self._follow_opened(opened)
            except Exception as error:  # it must neither go unnoticed nor stop other lists
                self._observer.failed(source, error)
                pause = back_off_seconds(self._note_failure(source))
                if not self._none_is_left.is_set():
                    self._observer.trying_again(source, pause)
                self._stopped.wait(pause)

    def _follow_opened(self, opened: OpenedList) -> None:
        source = opened.source
        is_first = True

        def on_outcome(outcome: SyncOutcome) -> None:
            nonlocal is_first
            with self._changing:
                self._failing.pop(source.name, None)
            if is_first or outcome.new_events:
                self._observer.in_force(source, outcome, read_standing(opened.store))
            is_first = False

        def on_trouble(error: Exception, pause: float) -> None:
            self._observer.trouble(source, error, pause)

        opened.follow(on_outcome, on_trouble, self._stopped)

    def _note_failure(self, source: ListSource) -> int:
        """Note that a list has failed; returns how often it did in a row."""
        with self._changing:
            times = self._failing[source.name] = self._failing.get(source.name, 0) + 1
            if len(self._failing) == len(self._sources):
                self._none_is_left.set()
            return times
