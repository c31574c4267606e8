"""What the pages for platforms call things; in English only, as docs/platforms.md."""

from collections.abc import Mapping

from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.platforms.domain import Scope

SCOPES: Mapping[Scope, tuple[str, str]] = {
    Scope.READ_CONFIRMED: (
        "Read confirmed entries",
        "Pictures that analysts have assessed. Few of them are wrong.",
    ),
    Scope.READ_SELF_REPORTED: (
        "Read self-reported entries",
        "Pictures that young people reported and nobody else has seen. They are on the list within "
        "seconds, and some are wrong: people at your place must review what matches.",
    ),
    Scope.READ_IMPORTED: (
        "Read imported entries",
        "What other organisations list, under the name of each. Nobody at this hotline has seen "
        "it: people at your place must review what matches.",
    ),
    Scope.READ_TEST: (
        "Read test entries",
        "A few harmless pictures, drawn by a program, with which you try your gate.",
    ),
    Scope.SEND_FEEDBACK: (
        "Send feedback",
        "Say what you did with a match. Young people read it, and wrong entries are found by it.",
    ),
}
"""For each scope its name, and what it is for."""

FEEDBACK: Mapping[FeedbackValue, str] = {
    FeedbackValue.BLOCKED: "Blocked",
    FeedbackValue.PENDING_REVIEW: "Waits for a person",
    FeedbackValue.NOT_BLOCKED: "Not blocked",
    FeedbackValue.NOT_THE_SAME: "Not the same picture",
}
