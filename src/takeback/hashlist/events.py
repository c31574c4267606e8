"""An event: one change to the list, and its one canonical spelling in bytes (docs/wire.md)."""

import base64
import json
import secrets
from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Any, Literal, NewType, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    ValidationError,
    model_serializer,
    model_validator,
)

from takeback.hashlist.signal_lists import (
    Signals,
    SignalsBesideUnknown,
    canonical,
    set_unknown_apart,
)
from takeback.hashlist.signals import UnknownSignal, WireModel
from takeback.signals.lanes import Lane
from takeback.tlog.commitments import MAX_EVENT_BYTES
from takeback.tlog.errors import MalformedLogError

_MAX_INDEX = 2**53 - 1  # the greatest whole number that every JSON reader keeps exact (RFC 8259)
_HOUR_FORMAT = "%Y-%m-%dT%H:00:00Z"

EntryId = NewType("EntryId", str)
"""A random 128-bit id in 26 lower-case base32 letters (RFC 4648, no padding)."""

# 26 letters of 5 bits hold 130: the last two bits are zero, so that an id has one spelling.
ENTRY_ID_PATTERN = r"^[a-z2-7]{25}[aeimquy4]$"

FEED_NAME_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,63}$"
"""What a hotline may call a list that it imports from: 1 to 64 of these characters."""


def new_entry_id() -> EntryId:
    """Draw a random entry id; it says nothing of the case or of the time."""
    return EntryId(base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower())


def cut_to_hour(time: datetime) -> datetime:
    """Return the start of the hour, in UTC, in which an aware time lies."""
    return time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def read_hour(text: str) -> datetime:
    """Read an hour as events carry it; raises ValueError for any other spelling."""
    try:
        hour = datetime.strptime(text, _HOUR_FORMAT).replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"must be written {_HOUR_FORMAT}") from error
    if write_hour(hour) != text:
        raise ValueError(f"must be written {_HOUR_FORMAT}")
    return hour


def _read_if_text(value: object) -> object:
    return read_hour(value) if isinstance(value, str) else value


def _require_hour(time: datetime) -> datetime:
    if time.tzinfo is not UTC or cut_to_hour(time) != time:
        raise ValueError("must be a full hour in UTC")
    return time


def write_hour(hour: datetime) -> str:
    """Write an hour as events carry it."""
    return f"{hour.year:04d}-{hour.month:02d}-{hour.day:02d}T{hour.hour:02d}:00:00Z"


def _require_ascending(indexes: tuple[int, ...]) -> tuple[int, ...]:
    if any(left >= right for left, right in pairwise(indexes)):
        raise ValueError("must ascend")
    return indexes


_Origin = Annotated[str, Field(min_length=1, max_length=255)]
_Entry = Annotated[EntryId, Field(pattern=ENTRY_ID_PATTERN)]
_Hour = Annotated[
    datetime,
    BeforeValidator(_read_if_text),
    AfterValidator(_require_hour),
    PlainSerializer(write_hour),
]
_Index = Annotated[int, Field(ge=0, le=_MAX_INDEX)]


_SOURCE_OF = {Lane.IMPORTED: "import", Lane.TEST: "test"}
"""Lanes that one source alone fills, and which nothing else does; the others are reporters'."""


class Provenance(WireModel):
    """Where an entry comes from: the origin of the hotline's log, and who gave it to them.

    `feed`: of an entry that was imported, what the hotline calls the list it stands on elsewhere;
    left out of any other.
    """

    hotline: _Origin
    source: Literal["reporter", "import", "test"] = "reporter"
    feed: Annotated[str, Field(pattern=FEED_NAME_PATTERN)] | None = None

    @model_validator(mode="after")
    def _names_its_feed(self) -> Self:
        if (self.source == "import") != (self.feed is not None):
            raise ValueError("must name a feed if imported, and only then")
        return self

    @model_serializer(mode="wrap")
    def _leave_out_no_feed(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        return {key: value for key, value in written.items() if value is not None}


class PurposeEvent(WireModel):
    """The first event of every log: what the list is for, and the bounds it keeps to.

    No later event changes it. Another purpose needs another log, whose origin every gate has to
    pin anew.

    `lists`: what may be listed, in words. `confirmers`: origins of the logs of the hotlines that
    may confirm an entry; `confirmations`: how many of them must, before an entry in the confirmed
    lane counts as confirmed. `most_added_a_day`: entries that may be added, amended or resumed in
    one day in UTC.
    `expires`: from this hour on nothing more comes into force, and the list should not be used.
    """

    v: Literal[1] = 1
    type: Literal["purpose"] = "purpose"
    time: _Hour
    lists: Annotated[str, Field(min_length=1, max_length=2000)]
    confirmers: Annotated[tuple[_Origin, ...], Field(strict=False, min_length=1, max_length=64)]
    confirmations: Annotated[int, Field(ge=1, le=64)] = 1
    most_added_a_day: Annotated[int, Field(ge=1, le=_MAX_INDEX)]
    expires: _Hour

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if len(set(self.confirmers)) != len(self.confirmers):
            raise ValueError("must not name a confirmer twice")
        if self.confirmations > len(self.confirmers):
            raise ValueError("asks for more confirmations than there are confirmers")
        if self.expires <= self.time:
            raise ValueError("must not expire before it begins")
        return self


class KeyEvent(WireModel):
    """Hands the log over to another key: `name+hash+base64`, its name the log's origin.

    The checkpoint that brings this event is signed with the key before it. From then on a
    follower believes the new key only.
    """

    v: Literal[1] = 1
    type: Literal["key"] = "key"
    time: _Hour
    key: Annotated[str, Field(min_length=1, max_length=512)]


class ConfirmedEvent(WireModel):
    """Says that this hotline, too, has assessed the record of an entry on another hotline's list.

    The record, not an equal fingerprint: two copies of one picture differ by some bits. `origin`,
    `index` and `commitment` (64 hex digits) name the event that says how the entry is there; an
    entry that is amended later has to be confirmed anew.
    """

    v: Literal[1] = 1
    type: Literal["confirmed"] = "confirmed"
    time: _Hour
    origin: _Origin
    entry: _Entry
    index: _Index
    commitment: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class UnconfirmedEvent(WireModel):
    """Takes back what this hotline has said in a `confirmed` event of an entry."""

    v: Literal[1] = 1
    type: Literal["unconfirmed"] = "unconfirmed"
    time: _Hour
    origin: _Origin
    entry: _Entry


class _Listed(WireModel):
    """What puts an entry onto the list: the lane has to fit who gave it."""

    lane: Lane
    provenance: Provenance

    @property
    def unknown(self) -> tuple[UnknownSignal, ...]:
        """Signals of kinds that this program does not know; only `parse_event` keeps any."""
        return ()

    @model_validator(mode="after")
    def _keeps_lanes_apart(self) -> Self:
        if self.provenance.source != _SOURCE_OF.get(self.lane, "reporter"):
            raise ValueError("must have the source that its lane is for")
        return self


class AddedEvent(_Listed):
    """Puts an entry onto the list. `time` is cut to the hour."""

    v: Literal[1] = 1
    type: Literal["added"] = "added"
    entry: _Entry
    time: _Hour
    signals: Signals


class AmendedEvent(_Listed):
    """Puts new lane, provenance and signals in the place of an entry's."""

    v: Literal[1] = 1
    type: Literal["amended"] = "amended"
    entry: _Entry
    time: _Hour
    signals: Signals


class WithdrawnEvent(WireModel):
    """Takes an entry off the list.

    `erases`: the log indexes, ascending, of every earlier event of the entry; the first is the one
    that added it. Their openings are deleted.
    """

    v: Literal[1] = 1
    type: Literal["withdrawn"] = "withdrawn"
    entry: _Entry
    time: _Hour
    erases: Annotated[
        tuple[_Index, ...], Field(strict=False, min_length=1), AfterValidator(_require_ascending)
    ]
    reason: Literal["reporter", "hotline"]


class SuspendedEvent(WireModel):
    """Takes an entry out of force until a person has looked; its openings stay."""

    v: Literal[1] = 1
    type: Literal["suspended"] = "suspended"
    entry: _Entry
    time: _Hour
    reason: Literal["not_the_same", "hotline"]


class ResumedEvent(_Listed):
    """Puts a suspended entry into force again, as it now is."""

    v: Literal[1] = 1
    type: Literal["resumed"] = "resumed"
    entry: _Entry
    time: _Hour
    signals: Signals


class _FromNewer(WireModel):
    """What a newer hotline has listed: the signals that are known here, and the others.

    The wire knows no `kept`: `parse_event` alone fills it.
    """

    signals: SignalsBesideUnknown
    kept: Annotated[tuple[UnknownSignal, ...], Field(strict=False, exclude=True)]

    @property
    def unknown(self) -> tuple[UnknownSignal, ...]:
        """Signals of kinds that this program does not know."""
        return self.kept


class _AddedByNewer(_FromNewer, AddedEvent):
    """Puts an entry onto the list, some of whose signals are unknown here."""


class _AmendedByNewer(_FromNewer, AmendedEvent):
    """Changes an entry, some of whose signals are unknown here."""


class _ResumedByNewer(_FromNewer, ResumedEvent):
    """Puts an entry into force again, some of whose signals are unknown here."""


EntryEvent = AddedEvent | AmendedEvent | SuspendedEvent | ResumedEvent | WithdrawnEvent
"""A change to one entry of the list."""

AnyEvent = PurposeEvent | KeyEvent | ConfirmedEvent | UnconfirmedEvent | EntryEvent
"""Whatever a log can hold."""

Event = Annotated[AnyEvent, Field(discriminator="type")]
"""One event of a log, told apart by `type`."""

_EVENT: TypeAdapter[AnyEvent] = TypeAdapter(Event)
_BY_NEWER: TypeAdapter[AnyEvent] = TypeAdapter(
    Annotated[_AddedByNewer | _AmendedByNewer | _ResumedByNewer, Field(discriminator="type")]
)


def canonical_json(model: WireModel) -> bytes:
    """Spell a model in its one way: UTF-8, keys sorted, no white space."""
    document = model.model_dump(mode="json")
    if isinstance(model, _FromNewer):
        for signal in model.kept:
            document["signals"].insert(signal.place, json.loads(signal.written))
    return canonical(document)


def parse_event(data: bytes, *, keep_unknown: bool = False) -> AnyEvent:
    """Read an event from its canonical bytes, at most MAX_EVENT_BYTES of them.

    `keep_unknown`: for following the log of a newer hotline. Signals of a type that has no
    model here are then kept as `unknown`, and the event may have no others. Raises
    MalformedLogError for anything else: another version, an unknown key, a value out of range,
    another spelling of the same event.
    """
    if len(data) > MAX_EVENT_BYTES:
        raise MalformedLogError(f"An event has {len(data)} bytes; {MAX_EVENT_BYTES} are allowed.")
    try:
        event = _EVENT.validate_json(data)
    except ValidationError as error:
        newer = set_unknown_apart(data) if keep_unknown else None
        if newer is None:
            raise MalformedLogError(f"An event can't be read: {_first_fault(error)}") from error
        event = _read_beside_unknown(newer)
    if canonical_json(event) != data:
        raise MalformedLogError("An event is not spelt canonically: sorted keys, no white space.")
    return event


def _read_beside_unknown(document: bytes) -> AnyEvent:
    try:
        return _BY_NEWER.validate_json(document)
    except ValidationError as error:
        raise MalformedLogError(f"An event can't be read: {_first_fault(error)}") from error


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, fault["loc"])) or "event"
    return f"{place}: {fault['msg']}. Is this gate older than the hotline?"
