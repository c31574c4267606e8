"""What an appeal is, and the answers to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Final

from takeback.hotline.audit.domain import Verb

MOST_REFERENCE: Final = 100
MOST_WORDS: Final = 1000
"""Characters of what happened, in the appellant's own words."""

_LEAST_FOR_A_MEDIAN: Final = 5
"""Of fewer answers the median of days is not told: it could be about one person."""


class Answer(StrEnum):
    """What the hotline answers."""

    TAKEN_OFF = "taken_off"
    """The appeal was right; the entry is off the list."""
    STAYS = "stays"
    NOT_FOUND = "not_found"
    """The reference leads to no entry."""


ANSWERED: Final[Mapping[Answer, Verb]] = {
    Answer.TAKEN_OFF: Verb.APPEAL_ANSWERED_TAKEN_OFF,
    Answer.STAYS: Verb.APPEAL_ANSWERED_STAYS,
    Answer.NOT_FOUND: Verb.APPEAL_ANSWERED_NOT_FOUND,
}
"""What stands in the audit record for each answer."""


@dataclass(frozen=True, slots=True)
class AppealFigures:
    """Appeals received, answered and found right, and the median of days until the answer."""

    received: int
    answered: int
    right: int
    median_days: float | None


def figures_of(received: int, answers: list[tuple[str, int]]) -> AppealFigures:
    """Sum up appeals: `answers` are pairs of an answer and the days that it took."""
    days = [took for _, took in answers]
    return AppealFigures(
        received,
        len(answers),
        sum(answer == Answer.TAKEN_OFF for answer, _ in answers),
        median(days) if len(days) >= _LEAST_FOR_A_MEDIAN else None,
    )
