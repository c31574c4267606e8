"""What can be decided at the desk, and why."""

from enum import StrEnum


class Decision(StrEnum):
    """What a person does with an entry."""

    RELEASE = "release"
    """Let a held entry out onto the list."""
    RESUME = "resume"
    """Put a suspended entry into force again."""
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
