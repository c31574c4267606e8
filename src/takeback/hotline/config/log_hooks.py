"""Wires the log's hooks to the rooms above it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from takeback.hashlist.events import AnyEvent
from takeback.hotline.entries.amending import forgive_votes, note_amended
from takeback.hotline.entries.beginning_anew import list_everything_again
from takeback.hotline.entries.recovering import list_what_gates_hold
from takeback.hotline.feedback.access import newest_vote
from takeback.hotline.feedback.actions import forget_acknowledgements
from takeback.hotline.feeds.changes import forget_changes, note_changes
from takeback.hotline.log.domain import BegunAnew, RecoveredEntries
from takeback.hotline.log.hooks import LogHooks
from takeback.hotline.platforms.actions import begin_anew as begin_platforms_anew
from takeback.hotline.screening.checking import check_waiting
from takeback.hotline.webhooks.queue import begin_anew as begin_webhooks_anew
from takeback.hotline.webhooks.queue import note_published


def log_hooks() -> LogHooks:
    """Return what the rooms above the log do as it grows."""
    return LogHooks(
        before_sequencing=check_waiting,
        after_sequencing=_after_sequencing,
        on_published=note_published,
        on_begun_anew=_begin_anew,
        on_recovered=_recover,
    )


def _after_sequencing(start: int, events: Sequence[AnyEvent], now: datetime) -> None:
    for entry in note_amended(start, events):
        forgive_votes(entry, newest_vote(entry))  # platforms spoke of what it no longer is
    note_changes(start, events, now)


def _begin_anew(origin: str) -> BegunAnew:
    entries = list_everything_again(origin)
    return BegunAnew(origin, entries, _forget_followers())


def _recover(origin: str, files: Sequence[Path]) -> RecoveredEntries:
    return replace(list_what_gates_hold(origin, files), readers=_forget_followers())


def _forget_followers() -> tuple[str, ...]:
    """Forget how far anybody has followed the old log; returns the platforms that held a key."""
    forget_changes()
    forget_acknowledgements()
    begin_webhooks_anew()
    return begin_platforms_anew()
