"""What the desk calls things; in English only, as the whole desk (docs/desk.md)."""

from collections.abc import Mapping
from typing import Final

from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.appeals.domain import Answer
from takeback.hotline.desk.domain import Decision, Reason
from takeback.hotline.entries.domain import HoldReason
from takeback.hotline.staff.domain import Role
from takeback.signals.lanes import Lane

LANES: Mapping[str, str] = {
    Lane.SELF_REPORTED: "A young person reported it; nobody has seen the picture",
    Lane.CONFIRMED: "A hotline's analyst has assessed the picture",
    Lane.IMPORTED: "Another organisation lists it; nobody here has seen the picture",
    Lane.TEST: "A drawn picture for trying a gate; it shows nobody",
}

HOLD_REASONS: Mapping[str, str] = {
    HoldReason.GUARD: "Close to a well-known lawful picture",
    HoldReason.CROWD: "Looks like many entries of other reports",
    HoldReason.NOTHING_LEFT: "Its fingerprints say too little of the picture",
    HoldReason.SUSPENDED: "It was suspended when the log began anew",
    HoldReason.RECOVERED: "The log was recovered; it may have been taken back meanwhile",
}

FEEDBACK: Mapping[FeedbackValue, str] = {
    FeedbackValue.BLOCKED: "stopped it",
    FeedbackValue.PENDING_REVIEW: "held it until somebody looks",
    FeedbackValue.NOT_BLOCKED: "let it through",
    FeedbackValue.NOT_THE_SAME: "said that it is not the same picture",
}
"""What platforms did with uploads that matched an entry."""

REASONS: Mapping[Reason, str] = {
    Reason.ANOTHER_PICTURE: "It only resembles the others; it is another picture",
    Reason.SAYS_ENOUGH: "Its fingerprints say enough to find copies",
    Reason.STILL_WANTED: "It was not taken back meanwhile",
    Reason.LAWFUL_PICTURE: "It is a lawful picture that many people post",
    Reason.SAYS_TOO_LITTLE: "Its fingerprints would stop other pictures, too",
    Reason.FLOOD: "Somebody is flooding the list",
    Reason.PLATFORMS_WRONG: "The platforms are mistaken: it stops the right pictures",
    Reason.PLATFORMS_RIGHT: "The platforms are right: it stops other pictures",
    Reason.APPEAL_RIGHT: "An appeal about it is right",
    Reason.ASKED_FOR: "Whoever reported it asks for that",
    Reason.OTHER: "Another reason",
}

ROLES: Mapping[Role, str] = {
    Role.REPORTER_SUPPORT: "reporter support",
    Role.ANALYST: "analyst",
    Role.LEAD: "lead",
    Role.PUBLISHER: "publisher",
    Role.AUDITOR: "auditor",
    Role.OPERATOR: "operator",
}

ANSWERS: Mapping[Answer, str] = {
    Answer.TAKEN_OFF: "You were right; the entry comes off the list for good",
    Answer.STAYS: "We looked; the entry stays",
    Answer.NOT_FOUND: "We could not find the number",
}

_DECISIONS: Final = {
    Decision.RELEASE: "Put it on the list",
    Decision.RESUME: "Put it into force again",
    Decision.REFUSE: "Leave the entry as it is",
    Decision.WITHDRAW: "Take it off the list for good",
}


def decision_text(decision: Decision, *, in_log: bool, of_amendment: bool) -> str:
    """Return what a decision is called, for an entry that is on the list or never was."""
    if of_amendment and decision is Decision.RELEASE:
        return "Let the change go out"
    if decision is Decision.WITHDRAW and not in_log:
        return "Keep it off the list for good"
    return _DECISIONS[decision]


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: "1 platform", "3 platforms"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
