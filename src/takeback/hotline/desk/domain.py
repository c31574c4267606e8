"""What can be decided at the desk, and why."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from takeback.hotline.audit.domain import Verb
from takeback.hotline.entries.domain import HoldReason
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
    """It only resembles what it came close to."""
    SAYS_ENOUGH = "says_enough"
    """Its fingerprints are of a low quality, and still tell copies from other pictures."""
    STILL_WANTED = "still_wanted"
    """It was not taken back while the log was lost."""
    LAWFUL_PICTURE = "lawful_picture"
    FLOOD = "flood"
    SAYS_TOO_LITTLE = "says_too_little"
    PLATFORMS_WRONG = "platforms_wrong"
    PLATFORMS_RIGHT = "platforms_right"
    APPEAL_RIGHT = "appeal_right"
    ASKED_FOR = "asked_for"
    """Whoever reported it wants it off, and has no code to do it with."""
    OTHER = "other"


NEEDED: Final[Mapping[Decision, Permission]] = {
    Decision.RELEASE: Permission.RELEASE,
    Decision.RESUME: Permission.RESUME,
    Decision.REFUSE: Permission.RELEASE,
    Decision.WITHDRAW: Permission.WITHDRAW,
}
"""What somebody needs to be allowed for each decision."""

FITTING: Final[Mapping[Decision, tuple[Reason, ...]]] = {
    Decision.RELEASE: (
        Reason.ANOTHER_PICTURE,
        Reason.SAYS_ENOUGH,
        Reason.STILL_WANTED,
        Reason.PLATFORMS_WRONG,
        Reason.OTHER,
    ),
    Decision.RESUME: (Reason.PLATFORMS_WRONG, Reason.OTHER),
    Decision.REFUSE: (
        Reason.LAWFUL_PICTURE,
        Reason.SAYS_TOO_LITTLE,
        Reason.FLOOD,
        Reason.OTHER,
    ),
    Decision.WITHDRAW: (
        Reason.LAWFUL_PICTURE,
        Reason.SAYS_TOO_LITTLE,
        Reason.PLATFORMS_RIGHT,
        Reason.APPEAL_RIGHT,
        Reason.ASKED_FOR,
        Reason.FLOOD,
        Reason.OTHER,
    ),
}
"""The reasons that there can be for each decision, in the order in which they are offered."""

DECIDED: Final[Mapping[tuple[Decision, Reason], Verb]] = {
    (decision, reason): Verb[f"DESK_{decision.name}_{reason.name}"]
    for decision, reasons in FITTING.items()
    for reason in reasons
}
"""What stands in the audit record for each decision and its reason."""


class UnfittingReasonError(ValueError):
    """There is no such reason for this decision about this entry."""


def fitting_reasons(
    decision: Decision, *, held_for: str, doubted: bool, in_log: bool
) -> tuple[Reason, ...]:
    """Return the reasons that fit what is known of an entry, in the order to offer them.

    `held_for`: the HoldReason while it is held, else empty; `doubted`: platforms said that it is
    not what they found, or it is out of force; `in_log`: it was published once.
    """
    doubted = doubted or held_for == HoldReason.SUSPENDED
    fits = {
        Reason.ANOTHER_PICTURE: held_for in (HoldReason.GUARD, HoldReason.CROWD),
        Reason.SAYS_ENOUGH: held_for == HoldReason.NOTHING_LEFT,
        Reason.SAYS_TOO_LITTLE: held_for == HoldReason.NOTHING_LEFT,
        Reason.STILL_WANTED: held_for == HoldReason.RECOVERED,
        Reason.PLATFORMS_WRONG: doubted,
        Reason.PLATFORMS_RIGHT: doubted,
        Reason.APPEAL_RIGHT: in_log,
    }
    return tuple(reason for reason in FITTING[decision] if fits.get(reason, True))
