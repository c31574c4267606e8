"""Who works here: roles, what can be allowed to them, and how a person is invited."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, unique
from typing import Final

from takeback.hotline.audit.domain import Actor, Verb

INVITATION_LASTS: Final = timedelta(days=3)
MOST_NAME: Final = 80
"""Characters of a person's name."""

_TOKEN_BYTES: Final = 32


@unique
class Role(StrEnum):
    """What a person does here; `staff.policy` says what each role may do."""

    REPORTER_SUPPORT = "reporter_support"
    """Helps young people who have sent something, and so sees how it stands."""
    ANALYST = "analyst"
    """Looks at entries that wait, and decides about them."""
    LEAD = "lead"
    """Does what analysts do, answers appeals, and takes entries out of force."""
    PUBLISHER = "publisher"
    """Answers for what stands on the list: amends entries, and confirms those of others."""
    AUDITOR = "auditor"
    """Sees what waits and what was done, and changes nothing."""
    OPERATOR = "operator"
    """Runs the hotline: people, platforms, imports and the log; sees nothing of what waits."""


ROLE_GIVEN: Final[Mapping[Role, Verb]] = {
    Role.REPORTER_SUPPORT: Verb.STAFF_ROLE_REPORTER_SUPPORT,
    Role.ANALYST: Verb.STAFF_ROLE_ANALYST,
    Role.LEAD: Verb.STAFF_ROLE_LEAD,
    Role.PUBLISHER: Verb.STAFF_ROLE_PUBLISHER,
    Role.AUDITOR: Verb.STAFF_ROLE_AUDITOR,
    Role.OPERATOR: Verb.STAFF_ROLE_OPERATOR,
}
"""What stands in the audit record when a person gets a role."""


@unique
class Permission(StrEnum):
    """What can be allowed; the text completes the sentence "may …"."""

    SEND_REPORT = "send a report"
    ADD_TO_REPORT = "add to a report of one's own"
    WITHDRAW_REPORT = "take back a report of one's own"
    LIST = "put entries on the list"
    LIST_CONFIRMED = "put entries into the confirmed lane"
    HOLD = "hold entries that were checked"
    TAKE_BACK = "take entries of one's own report off the list"
    SEND_APPEAL = "send an appeal"
    SEE_QUEUE = "see what waits"
    RELEASE = "let held entries out"
    RESUME = "put entries into force again"
    WITHDRAW = "take entries off the list for good"
    SUSPEND = "take entries out of force"
    AMEND = "amend entries"
    ANSWER_APPEAL = "answer appeals"
    CONFIRM = "confirm entries of other hotlines"
    SEE_RECORD = "see and verify the audit record"
    INVITE = "invite people and give roles"
    REMOVE = "remove people"
    JOIN = "make a passkey by invitation"
    MANAGE_PLATFORMS = "manage platforms, their keys and webhooks"
    MAKE_KEY = "make a platform's key by invitation"
    PLANT_CANARIES = "plant canaries"
    OFFER_TEST_PICTURES = "put test pictures on the list, and take them off"
    IMPORT = "import other lists"
    ROTATE_KEY = "hand the log over to another key"
    BEGIN_ANEW = "begin another log"
    VOUCH_FOR_BACKUP = "say that a restored backup is the newest"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person who has logged in: a name for the page, and the actor for all that they do."""

    name: str
    role: Role
    actor: Actor


class NotPermittedError(Exception):
    """Somebody may not do this; nothing was changed."""

    def __init__(self, actor: Actor, permission: Permission) -> None:
        """Name who may not do what."""
        self.actor = actor
        self.permission = permission
        super().__init__(f"{actor} may not {permission}.")


class DeskError(ValueError):
    """Something can't be done at the desk; the message says why."""


def new_invitation_token() -> str:
    """Draw what an invitation's link ends in: 256 random bits."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def invitation_digest(token: str) -> bytes:
    """What is stored of it: SHA-256. The token is random, so no salt is needed."""
    return hashlib.sha256(token.encode()).digest()
