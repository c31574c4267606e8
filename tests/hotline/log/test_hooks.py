"""The log and what stands above it: it does nothing without its hooks, and all of it or nothing."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pytest_django import Settings

from takeback.hotline.config.log_hooks import log_hooks
from takeback.hotline.log.access import current_checkpoint
from takeback.hotline.log.beginning_anew import begin_new_log
from takeback.hotline.log.domain import LogNotWiredError, WaitsFor
from takeback.hotline.log.hooks import wire, wired
from takeback.hotline.log.models import Checkpoint, LogEntry, PendingEvent
from takeback.hotline.log.sequencing import sequence_everything, sequence_pending
from tests.support.followers import follow_database, some_signals
from tests.support.listing import list_picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def hooks_as_before() -> Iterator[None]:
    before = wired()
    yield
    wire(before)


def test_without_hooks_nothing_is_sequenced_and_no_log_begun(settings: Settings) -> None:
    list_picture(some_signals())
    wire(None)
    with pytest.raises(LogNotWiredError):
        sequence_pending()
    settings.PUBLIC_URL = "https://moved.example.org"
    with pytest.raises(LogNotWiredError):
        begin_new_log()
    assert not LogEntry.objects.exists()
    wire(log_hooks())
    sequence_everything()
    assert len(follow_database()) == 1


@pytest.mark.parametrize("hook", ["before_sequencing", "after_sequencing"])
def test_a_hook_that_fails_undoes_the_whole_batch(hook: str) -> None:
    def fail(*_: object) -> None:
        raise OSError("full")

    failing: dict[str, Any] = {hook: fail}
    list_picture(some_signals())
    wire(replace(log_hooks(), **failing))
    with pytest.raises(OSError, match="full"):
        sequence_pending()
    assert (LogEntry.objects.count(), Checkpoint.objects.count()) == (0, 0)
    assert PendingEvent.objects.get().waits_for == WaitsFor.CHECK
    wire(log_hooks())
    sequence_everything()
    assert len(follow_database()) == 1


def test_a_hook_that_fails_to_publish_leaves_it_to_the_next_try() -> None:
    def fail(_size: int) -> None:
        raise OSError("full")

    list_picture(some_signals())
    wire(replace(log_hooks(), on_published=fail))
    with pytest.raises(OSError, match="full"):
        sequence_pending()
    assert current_checkpoint()[0] == 0  # signed, and nobody gets it
    wire(log_hooks())
    sequence_everything()
    assert len(follow_database()) == 1


def test_what_the_check_does_not_give_back_waits_for_a_person() -> None:
    first, second = list_picture(some_signals()), list_picture(some_signals())
    wire(
        replace(
            log_hooks(),
            before_sequencing=lambda waiting: [
                event.number for event in waiting if event.subject == first
            ],
        )
    )
    sequence_everything()
    assert set(follow_database()) == {first}
    held = PendingEvent.objects.get()
    assert (held.subject, held.waits_for) == (second, WaitsFor.PERSON)
