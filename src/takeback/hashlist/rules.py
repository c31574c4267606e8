"""The rules of a log, as its own events state them: purpose, keys, growth and time."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from takeback.hashlist.additions import AdditionRun
from takeback.hashlist.errors import (
    EventOutOfPlaceError,
    EventTimeError,
    ExpiredListError,
    GrowthBeyondCapError,
)
from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    KeyEvent,
    PurposeEvent,
    ResumedEvent,
    canonical_json,
    parse_event,
)
from takeback.hashlist.follow import Logged
from takeback.tlog.errors import MalformedLogError
from takeback.tlog.signed_note import VerifierKey

# An event is dated when it is asked for and sequenced in random order with its batch, and
# the clocks of hotline and gate need not agree to the minute.
MOST_BACK = timedelta(days=1)
MOST_AHEAD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class LogRules:
    """What a log has said of itself up to some event, and how much it has grown lately.

    `purpose`: None only before the first event. `key`: the key that a key event has put in the
    place of the first one, None if there was none. `newest`: the latest time of any event.
    `added`: entries added, amended or resumed, by day in UTC, of the days that can still grow: each
    of these can bring a picture into force that was not there before. `withheld`: whether any
    event so far was withheld from the reader.
    """

    purpose: PurposeEvent | None = None
    key: VerifierKey | None = None
    newest: datetime | None = None
    added: dict[date, int] = field(default_factory=dict)
    withheld: bool = False

    def after(self, logged: Iterable[Logged], origin: str, now: datetime) -> "LogRules":
        """Return the rules after these events of the log `origin`, the next in log order.

        Raises EventOutOfPlaceError if the first event is no purpose, another one is, or a key is
        of another log; GrowthBeyondCapError if more comes into force than the purpose allows;
        ExpiredListError if anything does after the purpose has expired; EventTimeError for an event
        of the future or of long before its neighbours. Events whose opening is erased or withheld
        count for nothing.
        """
        rules = replace(self, added=dict(self.added))
        for item in logged:
            if isinstance(item, AdditionRun):
                _require_purpose_first(item.start, stated=False)
                for time, count in item.by_time():
                    rules = rules._dated(time, now, item.start)._grown(time, count)
                continue
            event = item.event
            _require_purpose_first(item.index, stated=isinstance(event, PurposeEvent))
            if event is None:
                if item.withheld and not rules.withheld:
                    rules = replace(rules, withheld=True)
                continue
            rules = rules._dated(event.time, now, item.index)
            match event:
                case PurposeEvent():
                    rules = replace(rules, purpose=event)
                case KeyEvent():
                    rules = replace(rules, key=_key_of(event, origin))
                case AddedEvent() | AmendedEvent() | ResumedEvent():
                    rules = rules._grown(event.time, 1)
                case _:
                    pass
        return rules

    @property
    def expires(self) -> datetime | None:
        """When the purpose says that the list ends; None only before the first event."""
        return self.purpose.expires if self.purpose is not None else None

    def expired(self, origin: str, now: datetime) -> str | None:
        """Say that the list of the log `origin` has expired by now; None while it has not."""
        if self.expires is None or now < self.expires:
            return None
        return (
            f"The list of {origin} expired on {self.expires:%Y-%m-%d}, as its purpose says. "
            "Ask the hotline for its new list."
        )

    def _dated(self, time: datetime, now: datetime, index: int) -> "LogRules":
        if time == self.newest:
            return self
        _require_time(time, self.newest, now, index)
        newest = max(self.newest or time, time)
        since = newest.date() - MOST_BACK
        added = {day: count for day, count in self.added.items() if day >= since}
        return replace(self, newest=newest, added=added)

    def _grown(self, time: datetime, count: int) -> "LogRules":
        if self.expires is not None and time >= self.expires:
            raise ExpiredListError(
                f"Something was listed after {self.expires:%Y-%m-%d}, when the log expired "
                "as its purpose says. Ask the hotline for its new list; the one you have stays in "
                "force for the grace."
            )
        day = time.date()
        number = self.added.get(day, 0) + count
        if self.purpose is not None and number > self.purpose.most_added_a_day:
            raise GrowthBeyondCapError(
                f"More than {self.purpose.most_added_a_day} entries came into force on {day}, the "
                "most that the log's purpose allows. Ask the hotline; the list you have stays in "
                "force."
            )
        return replace(self, added={**self.added, day: number})

    def to_json(self) -> dict[str, Any]:
        """Write them in values that JSON knows."""
        return {
            "purpose": canonical_json(self.purpose).decode() if self.purpose else None,
            "key": self.key.line if self.key else None,
            "newest": self.newest.isoformat() if self.newest else None,
            "added": {day.isoformat(): count for day, count in self.added.items()},
            "withheld": self.withheld,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "LogRules":
        """Read what `to_json` wrote; raises MalformedLogError for anything else."""
        try:
            purpose = values["purpose"] and parse_event(values["purpose"].encode())
            if purpose is not None and not isinstance(purpose, PurposeEvent):
                raise MalformedLogError("The rules of a log hold an event that is not a purpose.")
            return cls(
                purpose,
                VerifierKey.parse(values["key"]) if values["key"] else None,
                datetime.fromisoformat(values["newest"]) if values["newest"] else None,
                {date.fromisoformat(day): int(count) for day, count in values["added"].items()},
                bool(values.get("withheld", False)),  # missing: written before there were any
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise MalformedLogError("The rules of a log can't be read.") from error


def _require_time(time: datetime, newest: datetime | None, now: datetime, index: int) -> None:
    if time > now + MOST_AHEAD:
        raise EventTimeError(
            f"The event at {index} is dated {time:%Y-%m-%d %H:%M} UTC, which is still to come. "
            "Is this machine's clock right? The list you have stays in force."
        )
    if newest is not None and time < newest - MOST_BACK:
        raise EventTimeError(
            f"The event at {index} is dated more than a day before one that stands before it. "
            "Ask the hotline; the list you have stays in force."
        )


def _require_purpose_first(index: int, *, stated: bool) -> None:
    if stated != (index == 0):
        raise EventOutOfPlaceError(
            "A log begins with its purpose and never changes it: "
            f"the event at {index} breaks that. The list you have stays in force."
        )


def _key_of(event: KeyEvent, origin: str) -> VerifierKey:
    key = VerifierKey.parse(event.key)
    if key.name != origin:
        raise EventOutOfPlaceError(f"A key of {key.name!r} can't be the key of {origin!r}.")
    return key
