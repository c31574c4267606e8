"""The rules of a log, as its own events state them: purpose, keys, growth and time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from takeback.hashlist.errors import (
    EventOutOfPlaceError,
    EventTimeError,
    GrowthBeyondCapError,
    MalformedLogError,
)
from takeback.hashlist.events import (
    AddedEvent,
    KeyEvent,
    PurposeEvent,
    canonical_json,
    parse_event,
)
from takeback.hashlist.follow import Logged, LoggedAddition
from takeback.hashlist.signed_note import VerifierKey

# An event is dated when it is asked for and sealed in random order with others of its batch, and
# the clocks of hotline and gate need not agree to the minute.
MOST_BACK = timedelta(days=1)
MOST_AHEAD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class LogRules:
    """What a log has said of itself up to some event, and how much it has grown lately.

    `purpose`: None only before the first event. `key`: the key that a key event has put in the
    place of the first one, None if there was none. `newest`: the latest time of any event.
    `added`: entries added, by day in UTC, of the days that can still grow.
    """

    purpose: PurposeEvent | None = None
    key: VerifierKey | None = None
    newest: datetime | None = None
    added: dict[date, int] = field(default_factory=dict)

    def after(self, logged: Iterable[Logged], origin: str, now: datetime) -> "LogRules":
        """Return the rules after these events of the log `origin`, the next in log order.

        Raises EventOutOfPlaceError if the first event is no purpose, another one is, or a key is
        of another log; GrowthBeyondCapError if more is added than the purpose allows;
        EventTimeError for an event of the future or of long before its neighbours. Events whose
        opening is erased count for nothing.
        """
        purpose, key, newest, added = self.purpose, self.key, self.newest, dict(self.added)
        for one in logged:
            # Of the commonest event no model is made: a list has a million of them.
            plain = one.addition if isinstance(one, LoggedAddition) else None
            event = one.event if plain is None else None
            if isinstance(event, PurposeEvent) != (one.index == 0):
                raise EventOutOfPlaceError(
                    "A log begins with its purpose and never changes it: "
                    f"the event at {one.index} breaks that. The list you have stays in force."
                )
            dated = plain or event
            if dated is None:
                continue
            time = dated.time
            if time != newest:
                _require_time(time, newest, now, one.index)
                newest = max(newest or time, time)
            if isinstance(event, PurposeEvent):
                purpose = event
            elif isinstance(event, KeyEvent):
                key = _key_of(event, origin)
            elif purpose is not None and (plain is not None or isinstance(event, AddedEvent)):
                day = time.date()
                added[day] = added.get(day, 0) + 1
                _require_growth(added[day], purpose, day)
        since = newest.date() - MOST_BACK if newest else date.min
        return LogRules(
            purpose, key, newest, {day: count for day, count in added.items() if day >= since}
        )

    def to_json(self) -> dict[str, Any]:
        """Write them in values that JSON knows."""
        return {
            "purpose": canonical_json(self.purpose).decode() if self.purpose else None,
            "key": self.key.line if self.key else None,
            "newest": self.newest.isoformat() if self.newest else None,
            "added": {day.isoformat(): count for day, count in self.added.items()},
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "LogRules":
        """Read what `to_json` wrote; raises MalformedLogError for anything else."""
        try:
            purpose = values["purpose"] and parse_event(values["purpose"].encode())
            if purpose is not None and not isinstance(purpose, PurposeEvent):
                raise MalformedLogError("The rules of a log hold an event that is no purpose.")
            return cls(
                purpose,
                VerifierKey.parse(values["key"]) if values["key"] else None,
                datetime.fromisoformat(values["newest"]) if values["newest"] else None,
                {date.fromisoformat(day): int(count) for day, count in values["added"].items()},
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


def _require_growth(count: int, purpose: PurposeEvent, day: date) -> None:
    if count > purpose.most_added_a_day:
        raise GrowthBeyondCapError(
            f"More than {purpose.most_added_a_day} entries were added on {day}, the most that "
            "the log's purpose allows. Ask the hotline; the list you have stays in force."
        )


def _key_of(event: KeyEvent, origin: str) -> VerifierKey:
    key = VerifierKey.parse(event.key)
    if key.name != origin:
        raise EventOutOfPlaceError(f"A key of {key.name!r} can't be the key of {origin!r}.")
    return key
