"""Each wire model says what its row says, and a signal of an unknown kind is kept as it is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    AnyEvent,
    canonical_json,
    new_entry_id,
    parse_event,
)
from takeback.hashlist.signals import (
    SIGNAL_MODELS,
    Md5Signal,
    PdqSignal,
    Sha256Signal,
    Signal,
    UnknownSignal,
    known_by_now,
    pack_signals,
    unpack_signals,
)
from takeback.signals.kinds import KINDS, MAX_SIGNALS, SignalKind
from takeback.tlog.errors import MalformedLogError
from tests.support.built_logs import added, amended, hex_digits

of_a_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def fields_of(kind: SignalKind, **changed: Any) -> dict[str, Any]:
    numbers = {number.name: number.most for number in kind.numbers}
    return {"type": kind.name, "value": "ab" * kind.value_bytes, **numbers, **changed}


def test_there_is_one_model_for_each_row() -> None:
    assert list(SIGNAL_MODELS) == [kind.name for kind in KINDS]


@of_a_kind
def test_a_model_takes_what_its_row_says_and_nothing_else(kind: SignalKind) -> None:
    model = SIGNAL_MODELS[kind.name]
    right = fields_of(kind)
    assert model.model_validate(right).model_dump() == right
    least = {number.name: number.least for number in kind.numbers}
    assert model.model_validate({**right, **least})
    digits = 2 * kind.value_bytes
    wrong: list[dict[str, object]] = [
        {"value": "a" * length} for length in (digits - 2, digits + 2)
    ]
    wrong += [{"value": "A" * digits}, {"value": "g" * digits}, {"type": "other"}, {"more": 1}]
    for number in kind.numbers:
        wrong += [{number.name: number.least - 1}, {number.name: number.most + 1}]
        wrong += [{number.name: 1.0}, {number.name: True}, {number.name: None}]
    for changed in wrong:
        with pytest.raises(ValidationError):
            model.model_validate({**right, **changed})
    for name in right.keys() - {"type"}:
        with pytest.raises(ValidationError):
            model.model_validate({key: value for key, value in right.items() if key != name})


@given(
    st.lists(
        st.builds(PdqSignal, value=hex_digits(64), quality=st.integers(0, 100))
        | st.builds(Sha256Signal, value=hex_digits(64))
        | st.builds(Md5Signal, value=hex_digits(32)),
        max_size=MAX_SIGNALS,
    )
)
def test_signals_come_back_from_the_store_kind_by_kind(signals: list[Signal]) -> None:
    expected = [signal for kind in KINDS for signal in signals if signal.type == kind.name]
    assert list(unpack_signals(pack_signals(signals))) == expected


def test_an_entry_has_as_many_signals_as_the_table_allows() -> None:
    signals = [{"type": "sha256", "value": f"{number:064x}"} for number in range(MAX_SIGNALS + 1)]
    event = json.loads(canonical_json(added(new_entry_id())))
    parse_event(spelt({**event, "signals": signals[:-1]}))
    with pytest.raises(MalformedLogError, match="more than 32 fingerprints"):
        parse_event(spelt({**event, "signals": signals}))


KNOWN = {"type": "sha256", "value": "ab" * 32}
NEWER = {"codes": [1, {"b": None, "c": 0.5}], "type": "video", "value": "né"}


def spelt(document: dict[str, Any]) -> bytes:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def event_with(*signals: object, base: AnyEvent | None = None) -> dict[str, Any]:
    event = base or added(new_entry_id())
    return {**json.loads(canonical_json(event)), "signals": list(signals)}


@pytest.mark.parametrize(
    ("signals", "known"),
    [((NEWER,), 0), ((NEWER, KNOWN), 1), ((KNOWN, NEWER), 1), ((NEWER, KNOWN, NEWER), 1)],
)
def test_a_reader_keeps_signals_of_kinds_it_does_not_know(signals: Any, known: int) -> None:
    for base in (added(new_entry_id()), amended(new_entry_id())):
        data = spelt(event_with(*signals, base=base))
        with pytest.raises(MalformedLogError):
            parse_event(data)
        event = parse_event(data, keep_unknown=True)
        assert isinstance(event, type(base))
        assert isinstance(event, AddedEvent | AmendedEvent)
        assert len(event.signals) == known
        assert [(signal.kind, json.loads(signal.written)) for signal in event.unknown] == [
            ("video", NEWER) for signal in signals if signal is NEWER
        ]
        assert canonical_json(event) == data


def test_a_reader_reads_known_signals_as_strictly_as_ever() -> None:
    data = spelt(event_with(KNOWN))
    assert parse_event(data, keep_unknown=True) == parse_event(data)
    for wrong in (
        event_with(NEWER, {**KNOWN, "value": "AB" * 32}),
        event_with(NEWER, KNOWN, KNOWN),
        event_with(NEWER, {"type": "pdq", "value": "ab" * 32}),
        event_with(),
        {**event_with(NEWER), "more": 1},
        {**event_with(NEWER), "kept": []},
        {**event_with(KNOWN), "kept": []},
        {**event_with(NEWER), "v": 2},
        {**event_with(NEWER), "lane": "imported"},
        {**event_with(NEWER), "type": "removed"},
    ):
        with pytest.raises(MalformedLogError):
            parse_event(spelt(wrong), keep_unknown=True)


@pytest.mark.parametrize("name", ["", "Video", "video\n", "ünknown", "x" * 33, 7, None, ["video"]])
def test_what_can_be_no_name_of_a_kind_is_refused(name: object) -> None:
    with pytest.raises(MalformedLogError):
        parse_event(spelt(event_with(KNOWN, {"type": name})), keep_unknown=True)


@pytest.mark.parametrize(
    ("found", "put"),
    [
        (b'"codes":', b'"codes": '),
        (b'"type":"video","value":"n', b'"value":"n","type":"video","x":"'),
        (b'"b":null', b'"b":null,"b":null'),
        (b"0.5", b"0.50"),
        (b"0.5", b"NaN"),
        (b"0.5", b"1" * 5000),
        (b"null", b'"\\ud800"'),
        (b"n\xc3\xa9", b"n\\u00e9"),
        (b"n\xc3\xa9", b"n\xff"),
        (b"null", b"[" * 20_000),
        (b"hotline.example.org", b"\\ud800"),
    ],
)
def test_an_unknown_signal_has_one_spelling_as_well(found: bytes, put: bytes) -> None:
    data = spelt(event_with(KNOWN, NEWER))
    assert found in data
    with pytest.raises(MalformedLogError):
        parse_event(data.replace(found, put, 1), keep_unknown=True)


def test_what_was_unknown_is_read_once_its_kind_is_known() -> None:
    kept = (
        UnknownSignal("md5", 0, spelt({"type": "md5", "value": "ab" * 16}).decode()),
        UnknownSignal("md5", 1, spelt({"type": "md5", "value": "short"}).decode()),
        UnknownSignal("video", 2, spelt(NEWER).decode()),
    )
    assert known_by_now(kept) == ((Md5Signal(value="ab" * 16),), kept[1:])
