"""What can be decided at the desk, and why."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from takeback.hotline.audit.domain import Verb
from takeback.hotline.staff.domain import Permission


class Decision(StrEnum):
    """What a person does with an entry."""

    RELEASE = "release"
    """Let a held entry out onto the list."""
    RESUME = "resume"
    """Put a suspended entry into force again."""
    REFUSE = "refuse"
    """Leave an entry as it is, and forget what it was to become."""
    WITHDRAW = "withdraw"
    """Keep a held entry off the list, or take one off for good."""


class Reason(StrEnum):
    """Why; it goes into the audit record, so it is one of these and no free text."""

    ANOTHER_PICTURE = "another_picture"
    LAWFUL_PICTURE = "lawful_picture"
    FLOOD = "flood"
    PLATFORMS_WRONG = "platforms_wrong"
    PLATFORMS_RIGHT = "platforms_right"
    APPEAL_RIGHT = "appeal_right"
    OTHER = "other"


NEEDED: Final[Mapping[Decision, Permission]] = {
    Decision.RELEASE: Permission.RELEASE,
    Decision.RESUME: Permission.RESUME,
    Decision.REFUSE: Permission.RELEASE,
    Decision.WITHDRAW: Permission.WITHDRAW,
}
"""What somebody needs to be allowed for each decision."""

DECIDED: Final[Mapping[tuple[Decision, Reason], Verb]] = {
    (decision, reason): Verb[f"DESK_{decision.name}_{reason.name}"]
    for decision in Decision
    for reason in Reason
}
"""What stands in the audit record for each decision and its reason."""
