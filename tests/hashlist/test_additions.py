"""Additions read in passing: they say what the event says, and nothing else is taken for one."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.hashlist.additions import Addition
from takeback.hashlist.events import (
    AddedEvent,
    Event,
    canonical_json,
    new_entry_id,
    parse_event,
    write_hour,
)
from takeback.hashlist.openings import decode_openings_in_bulk
from takeback.tlog.bundles import Record, encode_openings
from takeback.tlog.commitments import commit_event
from takeback.tlog.errors import MalformedLogError
from tests.support.built_logs import added, events


@given(events())
def test_an_addition_read_in_passing_says_what_the_event_says(event: Event) -> None:
    opening = commit_event(canonical_json(event))
    data = encode_openings([Record(opening.commitment(), opening)])
    _, (opened,), (addition,), _ = decode_openings_in_bulk(data, 1)
    assert opened == opening.nonce + opening.event
    plain = (
        isinstance(event, AddedEvent)
        and event.provenance.source == "reporter"
        and not re.search(r'[^ -~]|["\\]|^.{256}', event.provenance.hotline)
    )
    assert (addition is not None) == plain
    if addition is not None:
        assert isinstance(event, AddedEvent)
        assert as_addition(event) == addition


@given(events(), st.data())
def test_what_is_read_in_passing_is_an_event(event: Event, data: st.DataObject) -> None:
    """One byte is another: whoever takes it as an addition would also read it as the model."""
    body = bytearray(canonical_json(event))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.sampled_from(b'0129aef"\\, }x'))
    opening = commit_event(bytes(body))
    _, _, (addition,), _ = decode_openings_in_bulk(
        encode_openings([Record(opening.commitment(), opening)]), 1
    )
    if addition is not None:
        read = parse_event(bytes(body))
        assert isinstance(read, AddedEvent)
        assert as_addition(read) == addition


def as_addition(event: AddedEvent) -> Addition:
    def joined(kind: str) -> bytes:
        return b"".join(
            bytes.fromhex(signal.value) + (bytes([signal.quality]) if signal.type == "pdq" else b"")
            for signal in event.signals
            if signal.type == kind
        )

    kinds = {"pdq": 1, "sha256": 2, "md5": 3}
    counts = {kind: sum(signal.type == kind for signal in event.signals) for kind in kinds}
    heads = [bytes((kinds[kind], count)) for kind, count in counts.items() if count]
    return (
        event.entry,
        event.lane.value,
        canonical_json(event.provenance).decode(),
        write_hour(event.time),
        bytes([len(heads)]) + b"".join(heads) + b"".join(map(joined, kinds)),
    )


@pytest.mark.parametrize(
    ("hour", "right"),
    [
        ("2028-02-29T00:00:00Z", True),
        ("2100-02-29T00:00:00Z", False),
        ("2000-02-29T23:00:00Z", True),
        ("2026-02-29T00:00:00Z", False),
        ("2026-04-31T00:00:00Z", False),
        ("2026-13-01T00:00:00Z", False),
        ("2026-00-01T00:00:00Z", False),
        ("2026-01-00T00:00:00Z", False),
        ("0000-01-01T00:00:00Z", False),
        ("0001-01-01T00:00:00Z", True),
        ("2026-01-01T24:00:00Z", False),
        ("2026-01-01T10:01:00Z", False),
    ],
)
def test_an_addition_is_read_in_passing_on_days_that_there_are(hour: str, right: bool) -> None:
    body = canonical_json(added(new_entry_id())).replace(b"2026-03-01T14:00:00Z", hour.encode())
    opening = commit_event(body)
    data = encode_openings([Record(opening.commitment(), opening)])
    assert (decode_openings_in_bulk(data, 1).additions != [None]) == right
    with contextlib.nullcontext() if right else pytest.raises(MalformedLogError):
        parse_event(body)
