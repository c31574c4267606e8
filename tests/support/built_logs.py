"""Logs to follow, for the tests of this folder: built by hand or drawn by Hypothesis."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    ConfirmedEvent,
    EntryId,
    Event,
    KeyEvent,
    Provenance,
    PurposeEvent,
    ResumedEvent,
    SuspendedEvent,
    UnconfirmedEvent,
    WithdrawnEvent,
    canonical_json,
    new_entry_id,
)
from takeback.hashlist.signals import Md5Signal, PdqSignal, Sha256Signal, Signal
from takeback.signals.lanes import Lane
from takeback.tlog.bundles import EventRange, Record, encode_openings
from takeback.tlog.checkpoint import Checkpoint
from takeback.tlog.commitments import Opening
from takeback.tlog.merkle import Frontier, leaf_hash
from takeback.tlog.signed_note import Signer

ORIGIN = "hotline.example.org/log/v1"
SIGNER = Signer(ORIGIN, bytes(range(32)))
HOUR = datetime(2026, 3, 1, 14, tzinfo=UTC)


text = st.characters(codec="utf-8", exclude_categories=["Cs"])


def hex_digits(count: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=count // 2, max_size=count // 2).map(bytes.hex)


def signals() -> st.SearchStrategy[tuple[Signal, ...]]:
    signal = (
        st.builds(PdqSignal, value=hex_digits(64), quality=st.integers(0, 100))
        | st.builds(Sha256Signal, value=hex_digits(64))
        | st.builds(Md5Signal, value=hex_digits(32))
    )
    distinct = st.lists(signal, min_size=1, max_size=5, unique_by=lambda s: (s.type, s.value))
    return distinct.map(tuple)


def entry_ids() -> st.SearchStrategy[EntryId]:
    return st.builds(new_entry_id)


def hours() -> st.SearchStrategy[datetime]:
    whole = st.datetimes(datetime(2000, 1, 1), datetime(2999, 1, 1))  # noqa: DTZ001 - see below
    return whole.map(lambda time: time.replace(minute=0, second=0, microsecond=0, tzinfo=UTC))


def provenances() -> st.SearchStrategy[Provenance]:
    return st.builds(Provenance, hotline=st.text(text, min_size=1, max_size=40))


def imports() -> st.SearchStrategy[Provenance]:
    feeds = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,63}", fullmatch=True)
    return provenances().flatmap(
        lambda stated: st.builds(
            Provenance, hotline=st.just(stated.hotline), source=st.just("import"), feed=feeds
        )
    )


def drawn_ones() -> st.SearchStrategy[Provenance]:
    return provenances().map(lambda stated: Provenance(hotline=stated.hotline, source="test"))


def purposes() -> st.SearchStrategy[PurposeEvent]:
    origins = st.lists(st.text(text, min_size=1, max_size=40), min_size=1, max_size=5, unique=True)
    return st.builds(
        purpose,
        lists=st.text(text, min_size=1, max_size=200),
        confirmers=origins.map(tuple),
        most_added_a_day=st.integers(1, 2**53 - 1),
        days=st.integers(4, 10_000),
    )


Strategies = dict[str, st.SearchStrategy[Any]]


def events() -> st.SearchStrategy[Event]:
    indexes = st.lists(st.integers(0, 2**53 - 1), min_size=1, max_size=4, unique=True)
    listed: Strategies = {"entry": entry_ids(), "time": hours(), "signals": signals()}
    own_lanes = st.sampled_from([Lane.SELF_REPORTED, Lane.CONFIRMED])
    own: Strategies = {"lane": own_lanes, "provenance": provenances()}
    imported: Strategies = {"lane": st.just(Lane.IMPORTED), "provenance": imports()}
    drawn: Strategies = {"lane": st.just(Lane.TEST), "provenance": drawn_ones()}
    kinds: list[type[AddedEvent | AmendedEvent | ResumedEvent]] = [
        AddedEvent,
        AmendedEvent,
        ResumedEvent,
    ]
    listing: list[st.SearchStrategy[Event]] = [
        st.builds(kind, **listed, **whence) for kind in kinds for whence in (own, imported, drawn)
    ]
    return (
        purposes()
        | st.builds(KeyEvent, time=hours(), key=st.text(text, min_size=1, max_size=80))
        | st.builds(
            ConfirmedEvent,
            time=hours(),
            origin=st.text(text, min_size=1, max_size=40),
            entry=entry_ids(),
            index=st.integers(0, 2**53 - 1),
            commitment=hex_digits(64),
        )
        | st.builds(
            UnconfirmedEvent,
            time=hours(),
            origin=st.text(text, min_size=1, max_size=40),
            entry=entry_ids(),
        )
        | st.one_of(listing)
        | st.builds(
            SuspendedEvent,
            entry=entry_ids(),
            time=hours(),
            reason=st.sampled_from(["not_the_same", "hotline"]),
        )
        | st.builds(
            WithdrawnEvent,
            entry=entry_ids(),
            time=hours(),
            erases=indexes.map(lambda indexes_erased: tuple(sorted(indexes_erased))),
            reason=st.sampled_from(["reporter", "hotline"]),
        )
    )


def purpose(days: int = 365, **other: Any) -> PurposeEvent:
    values = {"lists": "Landscapes", "confirmers": (ORIGIN,), "most_added_a_day": 3}
    return PurposeEvent(time=HOUR, expires=HOUR + timedelta(days=days), **{**values, **other})


def added(entry: EntryId, digest: str = "ab" * 32) -> AddedEvent:
    return AddedEvent(
        entry=entry,
        time=HOUR,
        lane=Lane.SELF_REPORTED,
        provenance=Provenance(hotline=ORIGIN),
        signals=(Sha256Signal(value=digest),),
    )


def amended(entry: EntryId) -> AmendedEvent:
    return AmendedEvent(
        entry=entry,
        time=HOUR,
        lane=Lane.CONFIRMED,
        provenance=Provenance(hotline=ORIGIN),
        signals=(PdqSignal(value="cd" * 32, quality=80),),
    )


def withdrawn(entry: EntryId, *erases: int) -> WithdrawnEvent:
    return WithdrawnEvent(entry=entry, time=HOUR, erases=erases, reason="reporter")


@dataclass
class BuiltLog:
    """A log as a hotline would keep it; tests change `records` to make a dishonest one."""

    records: list[Record] = field(default_factory=list)

    def append(self, event: Event) -> int:
        """Append an event and return its index."""
        index = len(self.records)
        nonce = hashlib.sha256(str(index).encode()).digest()
        opening = Opening(nonce, canonical_json(event))
        self.records.append(Record(opening.commitment(), opening))
        return index

    def erase(self, *indexes: int) -> None:
        """Erase openings."""
        for index in indexes:
            self.records[index] = Record(self.records[index].commitment, None)

    def frontier(self, size: int) -> Frontier:
        """The right edge at a size."""
        return Frontier().extended(leaf_hash(record.commitment) for record in self.records[:size])

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        """The checkpoint at a size, or of the whole log."""
        frontier = self.frontier(len(self.records) if size is None else size)
        return Checkpoint(ORIGIN, frontier.size, frontier.root())

    def openings(self, part: EventRange) -> bytes:
        """The openings of a range as they go over the wire."""
        return encode_openings(self.records[part.start : part.end])


def long_log(count: int) -> tuple[BuiltLog, Sequence[EntryId]]:
    """A log of so many added entries."""
    log = BuiltLog()
    entries = [new_entry_id() for _ in range(count)]
    for entry in entries:
        log.append(added(entry))
    return log, entries
