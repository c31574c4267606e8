"""Following a log: an honest one to its end, a dishonest one never."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takeback.hashlist.errors import ErasedWithoutWithdrawalError, EventOutOfPlaceError
from takeback.hashlist.events import AddedEvent, AmendedEvent, EntryId, Event, new_entry_id
from takeback.hashlist.fold import ListState
from takeback.hashlist.follow import LoggedEvent, LogGrowth
from takeback.tlog.bundles import Record
from takeback.tlog.errors import (
    LogError,
    LogRewrittenError,
    LogShortenedError,
    MalformedLogError,
    OpeningMismatchError,
)
from takeback.tlog.merkle import Frontier
from tests.support.built_logs import BuiltLog, added, amended, long_log, withdrawn


def follow(log: BuiltLog, verified: Frontier, size: int) -> tuple[Frontier, list[LoggedEvent]]:
    growth = LogGrowth(verified, log.checkpoint(size))
    parts = growth.ranges(most=100)
    events = [logged for part in parts for logged in growth.take(part, log.openings(part))]
    return growth.finish(), events


@settings(max_examples=40)
@given(st.integers(0, 600), st.lists(st.integers(0, 600), max_size=4))
def test_following_in_steps_gives_every_event_once_and_in_order(
    count: int, stops: list[int]
) -> None:
    log, entries = long_log(count)
    frontier, seen = Frontier(), []
    for size in [*sorted(stop for stop in stops if stop < count), count]:
        frontier, new = follow(log, frontier, size)
        seen += new
    assert frontier == log.frontier(count)
    assert [logged.index for logged in seen] == list(range(count))
    events = [logged.event for logged in seen]
    assert [event.entry for event in events if isinstance(event, AddedEvent)] == list(entries)


@settings(max_examples=60)
@given(st.integers(1, 300), st.data())
def test_rewriting_any_event_is_noticed(count: int, data: st.DataObject) -> None:
    log, _ = long_log(count)
    honest = log.checkpoint()
    index = data.draw(st.integers(0, count - 1))
    verified = data.draw(st.integers(0, count))
    frontier = log.frontier(verified)
    other = BuiltLog(list(log.records))
    forged = BuiltLog()
    forged.append(added(new_entry_id()))
    other.records[index] = forged.records[0]

    if index < verified:  # rewritten behind the gate's back, and signed anew
        with pytest.raises(LogRewrittenError):
            follow(other, frontier, count)
    else:  # other events than those that were signed
        growth = LogGrowth(frontier, honest)
        for part in growth.ranges():
            growth.take(part, other.openings(part))
        with pytest.raises(LogRewrittenError):
            growth.finish()


@given(st.integers(1, 300), st.data())
def test_shortened_log_is_refused_at_once(count: int, data: st.DataObject) -> None:
    log, _ = long_log(count)
    size = data.draw(st.integers(0, count - 1))
    with pytest.raises(LogShortenedError, match="shrunk"):
        LogGrowth(log.frontier(count), log.checkpoint(size))


def test_same_size_with_another_root_is_refused_at_once() -> None:
    log, _ = long_log(5)
    with pytest.raises(LogRewrittenError):
        LogGrowth(log.frontier(5), replace(log.checkpoint(), root_hash=bytes(32)))


def test_same_checkpoint_again_brings_nothing_new() -> None:
    log, _ = long_log(300)
    assert follow(log, log.frontier(300), 300) == (log.frontier(300), [])


def test_opening_that_does_not_fit_its_commitment_is_refused() -> None:
    log, _ = long_log(3)
    log.records[1] = Record(log.records[1].commitment, log.records[2].opening)
    with pytest.raises(OpeningMismatchError, match="at 1 "):
        follow(log, Frontier(), 3)


@pytest.mark.parametrize("since", [0, 1, 2])
def test_withdrawn_entry_with_its_openings_erased_is_followed(since: int) -> None:
    entry, other = new_entry_id(), new_entry_id()
    log = BuiltLog()
    log.append(added(entry))
    log.append(amended(entry))
    log.append(added(other))
    state = ListState()
    frontier, events = follow(log, Frontier(), since)
    state.apply(events)
    log.append(withdrawn(entry, 0, 1))
    log.erase(0, 1)
    _, events = follow(log, frontier, 4)
    state.apply(events)
    assert set(state.live) == {other}


def test_opening_erased_without_a_withdrawal_is_refused() -> None:
    entry = new_entry_id()
    log = BuiltLog()
    log.append(added(entry))
    log.append(amended(entry))
    log.append(withdrawn(entry, 0))
    log.erase(0, 1)
    with pytest.raises(ErasedWithoutWithdrawalError) as caught:
        follow(log, Frontier(), 3)
    assert caught.value.indexes == (1,)


def test_withdrawal_must_come_after_what_it_erases() -> None:
    log = BuiltLog()
    log.append(withdrawn(new_entry_id(), 1))
    log.append(added(new_entry_id()))
    log.erase(1)
    with pytest.raises(ErasedWithoutWithdrawalError):
        follow(log, Frontier(), 2)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: b"",
        lambda data: data * 2,
    ],
)
def test_openings_with_less_or_more_are_refused(spoil: Callable[[bytes], bytes]) -> None:
    log, _ = long_log(3)
    growth = LogGrowth(Frontier(), log.checkpoint())
    (part,) = growth.ranges()
    with pytest.raises(MalformedLogError):
        growth.take(part, spoil(log.openings(part)))


def test_ranges_out_of_order_or_missing_are_a_mistake_of_the_caller() -> None:
    log, _ = long_log(300)
    growth = LogGrowth(Frontier(), log.checkpoint())
    first, second = growth.ranges(most=200)
    with pytest.raises(ValueError, match="next"):
        growth.take(second, log.openings(second))
    growth.take(first, log.openings(first))
    with pytest.raises(ValueError, match="next"):
        growth.take(first, log.openings(first))
    with pytest.raises(ValueError, match="missing"):
        growth.finish()


def test_event_that_is_no_event_is_refused_though_it_was_committed_to() -> None:
    log = BuiltLog()
    log.append(added(new_entry_id()))
    opening = log.records[0].opening
    assert opening is not None
    odd = replace(opening, event=b'{"v":1}')
    log.records[0] = Record(odd.commitment(), odd)
    with pytest.raises(MalformedLogError):
        follow(log, Frontier(), 1)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("awm"), st.integers(0, 5)), max_size=40))
def test_folding_events_holds_what_a_simple_model_holds(plan: list[tuple[str, int]]) -> None:
    pool = [new_entry_id() for _ in range(6)]
    model: dict[EntryId, tuple[int, AddedEvent | AmendedEvent]] = {}
    events: list[LoggedEvent] = []
    for what, which in plan:
        entry, index = pool[which], len(events)
        event: Event
        if what == "a" and entry not in model:
            event = added(entry)
            model[entry] = (index, event)
        elif what == "m" and entry in model:
            event = amended(entry)
            model[entry] = (model[entry][0], event)
        elif what == "w" and entry in model:
            event = withdrawn(entry, model.pop(entry)[0])
        else:
            continue
        events.append(LoggedEvent(index, event))
    state = ListState()
    state.apply(events)
    assert {
        entry: (live.added_at, live.lane, live.signals) for entry, live in state.live.items()
    } == {entry: (at, event.lane, event.signals) for entry, (at, event) in model.items()}


@pytest.mark.parametrize(
    "events",
    [
        lambda entry: [added(entry), added(entry)],
        lambda entry: [amended(entry)],
        lambda entry: [added(entry), withdrawn(entry, 5)],
        lambda entry: [added(entry), added(new_entry_id()), withdrawn(entry, 1)],
        lambda entry: [withdrawn(entry, 0)],
    ],
)
def test_events_that_contradict_each_other_are_refused(
    events: Callable[[EntryId], list[Event]],
) -> None:
    state = ListState()
    with pytest.raises(EventOutOfPlaceError) as caught:
        state.apply(LoggedEvent(*numbered) for numbered in enumerate(events(new_entry_id())))
    assert isinstance(caught.value, LogError)
