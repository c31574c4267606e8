"""What the log asks of the rooms above it, which it does not know: five hooks, wired at start."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from takeback.hashlist.events import AnyEvent
from takeback.hotline.log.domain import (
    BegunAnew,
    LogNotWiredError,
    RecoveredEntries,
    WaitingEvent,
)


@dataclass(frozen=True, slots=True)
class LogHooks:
    """Each runs in the log's own transaction; what it raises undoes all of it.

    `before_sequencing`: is given events that wait for a check, the log locked; gives back the
    numbers of those that may go. The others wait for a person.
    `after_sequencing`: is given the log index of the first event, the events, and the time.
    `on_published`: is given the size of the log that everybody gets from now on; its transaction
    is the one that publishes, after the one that signs.
    `on_begun_anew`: is given the origin of the log that takes the place of this one, before this
    one is forgotten; each room handles its own rows, and says what became of them.
    `on_recovered`: as that, where the log was lost: it is also given files of what gates hold.
    """

    before_sequencing: Callable[[Sequence[WaitingEvent]], Collection[int]]
    after_sequencing: Callable[[int, Sequence[AnyEvent], datetime], None]
    on_published: Callable[[int], None]
    on_begun_anew: Callable[[str], BegunAnew]
    on_recovered: Callable[[str, Sequence[Path]], RecoveredEntries]


_wired: LogHooks | None = None


def wire(hooks: LogHooks | None) -> None:
    """Put hooks in force; None: the log refuses to work from now on."""
    global _wired  # noqa: PLW0603 - one log a process
    _wired = hooks


def wired() -> LogHooks:
    """Return the hooks in force.

    Raises LogNotWiredError without them: a log that nobody screens for must not grow.
    """
    if _wired is None:
        raise LogNotWiredError("The log has no hooks: nothing screens what it would publish.")
    return _wired
