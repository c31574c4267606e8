"""Events: one spelling each, and nothing else is read."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from takeback.hashlist.events import (
    AddedEvent,
    EntryId,
    Event,
    canonical_json,
    cut_to_hour,
    new_entry_id,
    parse_event,
)
from takeback.hashlist.signals import PdqSignal, Sha256Signal
from takeback.signals.lanes import Lane
from takeback.tlog.commitments import MAX_EVENT_BYTES
from takeback.tlog.errors import MalformedLogError
from tests.support.built_logs import HOUR, added, amended, events, withdrawn

ENTRY = EntryId("aaaaaaaaaaaaaaaaaaaaaaaaay")
ADDED = canonical_json(added(ENTRY))


@given(events())
def test_event_survives_the_wire(event: Event) -> None:
    assert parse_event(canonical_json(event)) == event


@given(events(), st.data())
def test_no_part_of_an_event_is_read_as_one(event: Event, data: st.DataObject) -> None:
    whole = canonical_json(event)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(MalformedLogError):
        parse_event(whole[:cut])
    with pytest.raises(MalformedLogError):
        parse_event(whole + b" ")


def test_spelling_is_the_documented_one() -> None:
    assert ADDED.decode() == (
        '{"entry":"aaaaaaaaaaaaaaaaaaaaaaaaay","lane":"self_reported","provenance":'
        '{"hotline":"hotline.example.org/log/v1","source":"reporter"},"signals":'
        '[{"type":"sha256","value":"' + "ab" * 32 + '"}],"time":"2026-03-01T14:00:00Z",'
        '"type":"added","v":1}'
    )


@pytest.mark.parametrize(
    ("found", "put"),
    [
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":true'),
        (b'"v":1', b'"v":1.0'),
        (b'"v":1', b'"v":1,"x":0'),
        (b'"v":1', b'"v":1,"v":1'),
        (b'"type":"added"', b'"type":"removed"'),
        (b"self_reported", b"Self_reported"),
        (b"ab" * 32, b"AB" * 32),
        (b"ab" * 32, b"ab" * 31),
        (b"ab" * 32, b"ab" * 32 + b"\\n"),
        (b"14:00:00Z", b"14:30:00Z"),
        (b"14:00:00Z", b"14:00:00+00:00"),
        (b"14:00:00Z", b"24:00:00Z"),
        (b"2026-03", b"2026-3"),
        (b"aaay", b"aaaz"),
        (b"aaay", b"aaAy"),
        (b'"aaaa', b'"aaaaa'),
        (b",", b", "),
        (b"hotline.example", b"\\u0068otline.example"),
        (b'"source":"reporter"', b'"source":"somebody"'),
        (b'"source":"reporter"', b'"source":"import"'),
        (b'{"hotline"', b'{"feed":"ncmec","hotline"'),
        (b'{"hotline"', b'{"feed":null,"hotline"'),
        (b"self_reported", b"imported"),
    ],
)
def test_any_other_spelling_is_refused(found: bytes, put: bytes) -> None:
    changed = ADDED.replace(found, put, 1)
    assert changed != ADDED
    with pytest.raises(MalformedLogError):
        parse_event(changed)


def test_an_imported_entry_names_its_feed_and_keeps_to_its_lane() -> None:
    imported = ADDED.replace(b"self_reported", b"imported").replace(
        b'{"hotline":"hotline.example.org/log/v1","source":"reporter"}',
        b'{"feed":"ncmec","hotline":"hotline.example.org/log/v1","source":"import"}',
    )
    event = parse_event(imported)
    assert isinstance(event, AddedEvent)
    assert (event.lane, event.provenance.feed) == (Lane.IMPORTED, "ncmec")
    for found, put in ((b"imported", b"confirmed"), (b"ncmec", b"NCMEC"), (b"ncmec", b"")):
        with pytest.raises(MalformedLogError):
            parse_event(imported.replace(found, put, 1))


def test_keys_in_another_order_are_refused() -> None:
    fields = json.loads(ADDED)
    turned = json.dumps(dict(reversed(fields.items())), separators=(",", ":")).encode()
    with pytest.raises(MalformedLogError, match="canonically"):
        parse_event(turned)


def test_event_beyond_the_limit_is_refused_unread() -> None:
    with pytest.raises(MalformedLogError, match="allowed"):
        parse_event(b" " * (MAX_EVENT_BYTES + 1))


def test_refusal_never_quotes_what_was_sent() -> None:
    with pytest.raises(MalformedLogError) as caught:
        parse_event(ADDED.replace(b"ab" * 32, b"ef" * 31))
    assert "efef" not in str(caught.value)


@pytest.mark.parametrize("quality", [-1, 101, 50.0, True])
def test_quality_out_of_range_is_refused(quality: int) -> None:
    with pytest.raises(ValidationError):
        PdqSignal(value="0" * 64, quality=quality)


def test_signals_are_neither_missing_nor_named_twice() -> None:
    twice = (Sha256Signal(value="ab" * 32), Sha256Signal(value="ab" * 32))
    for signals in ((), twice):
        with pytest.raises(ValidationError):
            AddedEvent.model_validate({**dict(added(new_entry_id())), "signals": signals})


@pytest.mark.parametrize("erases", [(), (3, 3), (3, 2), (-1,)])
def test_withdrawal_names_indexes_in_order(erases: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError):
        withdrawn(new_entry_id(), *erases)


@pytest.mark.parametrize(
    "time",
    [
        HOUR + timedelta(seconds=1),
        HOUR.replace(tzinfo=None),
        HOUR.astimezone(timezone(timedelta(hours=1))),
    ],
)
def test_time_is_a_full_hour_in_utc(time: datetime) -> None:
    with pytest.raises(ValidationError):
        AddedEvent.model_validate({**dict(added(new_entry_id())), "time": time})


def test_time_is_cut_in_utc_whatever_the_zone() -> None:
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    assert cut_to_hour(datetime(2026, 3, 1, 19, 44, 59, 5, kathmandu)) == datetime(
        2026, 3, 1, 13, tzinfo=UTC
    )


@given(st.integers(1, 50))
def test_entry_ids_are_in_their_form_and_differ(count: int) -> None:
    drawn = {new_entry_id() for _ in range(count)}
    assert len(drawn) == count
    for entry in drawn:
        parse_event(canonical_json(amended(entry)))
