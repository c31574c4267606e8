"""What the desk calls things; in English only, as the whole desk (docs/desk.md)."""

from collections.abc import Mapping
from typing import Final

from takeback.hotline.appeals.domain import Answer
from takeback.hotline.desk.domain import Decision, Reason
from takeback.hotline.entries.domain import HoldReason
from takeback.hotline.staff.domain import Role

HOLD_REASONS: Mapping[str, str] = {
    HoldReason.GUARD: "Close to a well-known lawful picture",
    HoldReason.CROWD: "Looks like many entries of other reports",
    HoldReason.NOTHING_LEFT: "Its fingerprints say too little of the picture",
    HoldReason.SUSPENDED: "It was suspended when the log began anew",
    HoldReason.RECOVERED: "The log was recovered; it may have been taken back meanwhile",
}

DECISIONS: Final = {
    Decision.RELEASE: "Put it on the list",
    Decision.RESUME: "Put it into force again",
    Decision.REFUSE: "Leave the entry as it is",
    Decision.WITHDRAW: "Keep it off the list for good",
}

DECISIONS_ON_AMENDMENTS: Final = DECISIONS | {
    Decision.RELEASE: "Let the change go out",
    Decision.WITHDRAW: "Take the entry off the list for good",
}

REASONS: Mapping[Reason, str] = {
    Reason.ANOTHER_PICTURE: "It only resembles the others; it is another picture",
    Reason.LAWFUL_PICTURE: "It is a lawful picture that many people post",
    Reason.FLOOD: "Somebody floods the list",
    Reason.PLATFORMS_WRONG: "The platforms are mistaken",
    Reason.PLATFORMS_RIGHT: "The platforms are right",
    Reason.APPEAL_RIGHT: "An appeal is right",
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
