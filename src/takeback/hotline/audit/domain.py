"""What the audit record holds: verbs, actors, and acts chained to one another.

Each link is a keyed digest of the record and the link before it. Someone who can write to the
database but lacks the key (the secret "audit") can't change, insert, reorder or take out a record
unnoticed. Cutting off the newest records leaves a shorter chain that is valid in itself: note the
count and the last link elsewhere to notice that too.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum, unique
from typing import Final

LINK_BYTES = hashlib.sha256().digest_size
FIRST_LINK = bytes(LINK_BYTES)


@unique
class Verb(StrEnum):
    """Everything that can be done here and stands in the record; the values are never changed."""

    APPEAL_SENT = "appeal.sent"
    APPEAL_ANSWERED_TAKEN_OFF = "appeal.answered.taken_off"
    APPEAL_ANSWERED_STAYS = "appeal.answered.stays"
    APPEAL_ANSWERED_NOT_FOUND = "appeal.answered.not_found"

    CASE_SENT = "case.sent"
    CASE_WITHDRAWN = "case.withdrawn"
    CASE_PICTURES_ADDED = "case.pictures_added"
    CASE_PICTURE_WITHDRAWN = "case.picture_withdrawn"
    CASE_ADDRESSES_ADDED = "case.addresses_added"
    CASE_APPS_CHOSEN = "case.apps_chosen"

    CONFIRMATION_MADE = "confirmation.made"
    CONFIRMATION_TAKEN_BACK = "confirmation.taken_back"

    # What a person at the desk decided, and why; the change itself has a record of its own.
    DESK_RELEASE_ANOTHER_PICTURE = "desk.release.another_picture"
    DESK_RELEASE_SAYS_ENOUGH = "desk.release.says_enough"
    DESK_RELEASE_STILL_WANTED = "desk.release.still_wanted"
    DESK_RELEASE_PLATFORMS_WRONG = "desk.release.platforms_wrong"
    DESK_RELEASE_OTHER = "desk.release.other"
    DESK_RESUME_PLATFORMS_WRONG = "desk.resume.platforms_wrong"
    DESK_RESUME_OTHER = "desk.resume.other"
    DESK_REFUSE_LAWFUL_PICTURE = "desk.refuse.lawful_picture"
    DESK_REFUSE_SAYS_TOO_LITTLE = "desk.refuse.says_too_little"
    DESK_REFUSE_FLOOD = "desk.refuse.flood"
    DESK_REFUSE_OTHER = "desk.refuse.other"
    DESK_WITHDRAW_LAWFUL_PICTURE = "desk.withdraw.lawful_picture"
    DESK_WITHDRAW_SAYS_TOO_LITTLE = "desk.withdraw.says_too_little"
    DESK_WITHDRAW_PLATFORMS_RIGHT = "desk.withdraw.platforms_right"
    DESK_WITHDRAW_APPEAL_RIGHT = "desk.withdraw.appeal_right"
    DESK_WITHDRAW_ASKED_FOR = "desk.withdraw.asked_for"
    DESK_WITHDRAW_FLOOD = "desk.withdraw.flood"
    DESK_WITHDRAW_OTHER = "desk.withdraw.other"

    ENTRY_LISTED = "entry.listed"
    ENTRY_HELD = "entry.held"
    ENTRY_RELEASED = "entry.released"
    ENTRY_AMENDED = "entry.amended"
    ENTRY_AMENDMENT_DROPPED = "entry.amendment_dropped"
    ENTRY_SUSPENDED = "entry.suspended"
    ENTRY_RESUMED = "entry.resumed"
    ENTRY_WITHDRAWN = "entry.withdrawn"
    # What became of an entry when a log was recovered from what gates hold.
    ENTRY_RECOVERED = "entry.recovered"
    ENTRY_NOT_RECOVERED = "entry.not_recovered"

    IMPORT_BEGUN = "import.begun"
    IMPORT_MOVED = "import.moved"
    IMPORT_DONE = "import.done"
    IMPORT_DROPPED = "import.dropped"

    LOG_KEY_ROTATED = "log.key_rotated"
    LOG_BEGUN_ANEW = "log.begun_anew"
    LOG_BACKUP_VOUCHED_FOR = "log.backup_vouched_for"
    LOG_RECOVERED = "log.recovered"

    PLATFORM_INVITED = "platform.invited"
    PLATFORM_ADDED = "platform.added"
    PLATFORM_RENEWED = "platform.renewed"
    PLATFORM_REVOKED = "platform.revoked"
    PLATFORM_KEY_ADDED = "platform.key_added"
    PLATFORM_KEY_REVOKED = "platform.key_revoked"
    PLATFORM_CANARY_ADDED = "platform.canary_added"
    PLATFORM_WEBHOOK_ADDED = "platform.webhook_added"
    PLATFORM_WEBHOOK_REMOVED = "platform.webhook_removed"

    STAFF_INVITED = "staff.invited"
    STAFF_JOINED = "staff.joined"
    STAFF_REMOVED = "staff.removed"
    # Which role a person has from then on.
    STAFF_ROLE_REPORTER_SUPPORT = "staff.role.reporter_support"
    STAFF_ROLE_ANALYST = "staff.role.analyst"
    STAFF_ROLE_LEAD = "staff.role.lead"
    STAFF_ROLE_PUBLISHER = "staff.role.publisher"
    STAFF_ROLE_AUDITOR = "staff.role.auditor"
    STAFF_ROLE_OPERATOR = "staff.role.operator"


@unique
class ActorKind(StrEnum):
    """Who can act here: each kind is one actor, but for those in `NUMBERED`."""

    REPORTER = "reporter"
    """Everyone who sends a report or takes one back: they are never told apart."""
    APPELLANT = "appellant"
    """Everyone who sends an appeal: they are never told apart."""
    PLATFORMS = "platforms"
    """Platforms together, by what enough of them say."""
    HOTLINE = "hotline"
    """The hotline's own rules, such as the check that holds an entry."""
    WORKER = "worker"
    """The process that works in the background."""
    OPERATOR = "operator"
    """Anyone who runs commands at the hotline's shell."""
    STAFF = "staff"
    """A person who works at the desk, by their number."""
    INVITATION = "invitation"
    """The holder of the link of an invitation for a platform, by its number."""


NUMBERED: Final = frozenset({ActorKind.STAFF, ActorKind.INVITATION})
"""Kinds that are many actors; a number tells them apart."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who acts. `number`: which one of a kind in `NUMBERED`, from 1; None for other kinds.

    As text, in the record, `reporter` or `staff 3`.
    """

    kind: ActorKind
    number: int | None = None

    def __post_init__(self) -> None:
        if (self.number is not None) != (self.kind in NUMBERED):
            raise ValueError(f"An actor of the kind {self.kind} can't have number {self.number}.")

    def __str__(self) -> str:
        return self.kind.value if self.number is None else f"{self.kind} {self.number}"

    @classmethod
    def parse(cls, text: str) -> "Actor":
        """Return the actor that stands in the record as this text; raises ValueError for others."""
        kind, _, number = text.partition(" ")
        actor = cls(ActorKind(kind), int(number) if number else None)
        if str(actor) != text:
            raise ValueError(f"No actor is written like this: {text!r}")
        return actor


REPORTER: Final = Actor(ActorKind.REPORTER)
APPELLANT: Final = Actor(ActorKind.APPELLANT)
PLATFORMS: Final = Actor(ActorKind.PLATFORMS)
HOTLINE: Final = Actor(ActorKind.HOTLINE)
WORKER: Final = Actor(ActorKind.WORKER)
OPERATOR: Final = Actor(ActorKind.OPERATOR)

SYSTEM_ACTORS: Final = (REPORTER, APPELLANT, PLATFORMS, HOTLINE, WORKER, OPERATOR)
"""Those that are there from the beginning; their rows come with the table."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who did what to what, and when. `position` counts from 1 without gaps."""

    position: int
    time: datetime
    verb: str
    subject: str
    actor: str

    def link(self, key: bytes, previous: bytes) -> bytes:
        """Return the 32-byte link of this record after the link before it."""
        fields = [
            self.position,
            self.time.astimezone(UTC).isoformat(timespec="microseconds"),
            self.verb,
            self.subject,
            self.actor,
        ]
        text = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        return hmac.digest(key, previous + text, "sha256")


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The end of a chain that was verified: the number of records and the last link."""

    records: int
    link: bytes


class BrokenChainError(Exception):
    """The audit record was tampered with; `position` is where it stops being whole."""

    def __init__(self, position: int) -> None:
        """Name the first position that does not fit."""
        self.position = position
        super().__init__(
            f"The audit record is not whole: record {position} was changed, put in, or stands "
            "where another was taken out. Keep the database as it is and find out who wrote to it."
        )
