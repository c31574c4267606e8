"""The way through the questions: which step comes next, which are open, when a report is whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import takewhile
from typing import Any

from takeback.hotline.intake.domain.answers import AgeBand, Answers, Report, Threat


class Step(StrEnum):
    """One page of the flow."""

    AGE = "age"
    THREAT = "threat"
    THREAT_HELP = "threat_help"
    ADULT_HELP = "adult_help"
    PICTURES = "pictures"
    INSTEAD = "instead"
    NOTHING_YET = "nothing_yet"
    SEND = "send"


ENDS = frozenset({Step.ADULT_HELP, Step.NOTHING_YET})
"""Pages where the way stops: there is nothing to send, and the page says what else helps."""


_COUNTED = frozenset({Step.AGE, Step.THREAT, Step.PICTURES, Step.SEND})
"""The questions that people are told the number of."""


class StepNotOpenError(ValueError):
    """A step was asked for that the answers so far do not lead to."""


class NotCompleteError(ValueError):
    """A report was asked for before every question on the way had its answer."""


def route(answers: Answers) -> tuple[Step, ...]:
    """All steps of the way, in order.

    Where a question is still open, the way that most people take is assumed. Whether someone is
    threatening them is asked before anything else that depends on pictures, so that nobody leaves
    on any branch without having read what helps.
    """
    if answers.came_threatened:
        steps = [Step.THREAT_HELP, Step.AGE]
    else:
        steps = [Step.AGE, Step.THREAT]
        if answers.threat is Threat.YES:
            steps.append(Step.THREAT_HELP)
    if answers.grown_up_then:
        return (*steps, Step.ADULT_HELP)
    steps.append(Step.PICTURES)
    if answers.lacks_pictures:
        steps.append(Step.INSTEAD)
        if answers.has_address is False:
            return (*steps, Step.NOTHING_YET)
    return (*steps, Step.SEND)


def is_answered(step: Step, answers: Answers) -> bool:
    """Whether the way may go on past `step`."""
    return _ANSWERED[step](answers) if step in _ANSWERED else False


_ANSWERED: Mapping[Step, Callable[[Answers], bool]] = {
    Step.AGE: lambda answers: answers.age is not None,
    Step.THREAT: lambda answers: answers.threat is not None,
    Step.THREAT_HELP: lambda answers: answers.threat_help_read,
    Step.PICTURES: lambda answers: bool(answers.pictures) or answers.lacks_pictures,
    Step.INSTEAD: lambda answers: answers.has_address is not None,
}


def open_steps(answers: Answers) -> tuple[Step, ...]:
    """The steps that may be shown: all that are answered, and the first that is not."""
    way = route(answers)
    answered = tuple(takewhile(lambda step: is_answered(step, answers), way))
    return way[: len(answered) + 1]


@dataclass(frozen=True)
class Visit:
    """One way through the questions: the answers, and the step that is shown."""

    answers: Answers = field(default_factory=Answers)
    at: Step = Step.AGE

    @classmethod
    def begun(cls, answers: Answers) -> "Visit":
        """The first open question of somebody who came in with these answers."""
        return cls(answers, open_steps(answers)[-1])

    def __post_init__(self) -> None:
        """Raise StepNotOpenError when the step is not one that the answers lead to."""
        if self.at not in open_steps(self.answers):
            raise StepNotOpenError(f"The answers do not lead to the step {self.at.value}.")

    @property
    def number(self) -> int:
        """The number of this question, from 1; what is shown beside a question has that one's.

        0 for what comes before the first, and for pages where the way stops.
        """
        if self.at in ENDS:
            return 0
        way = route(self.answers)
        return sum(step in _COUNTED for step in way[: way.index(self.at) + 1])

    @property
    def total(self) -> int:
        """How many questions the way has; the same from the first to the last, whatever is said."""
        return len(_COUNTED - {Step.THREAT}) + (Step.THREAT in route(self.answers))

    @property
    def before(self) -> Step | None:
        """The step before this one."""
        way = route(self.answers)
        place = way.index(self.at)
        return way[place - 1] if place else None

    @property
    def is_under_way(self) -> bool:
        """Whether it has come as far as the pictures, so that something of it may be lost."""
        return Step.PICTURES in open_steps(self.answers) and self.at not in ENDS

    def threatened(self, *, threat_help_read: bool) -> "Visit":
        """Go on as somebody who says by the red door that they are threatened."""
        answers = replace(
            self.answers,
            came_threatened=True,
            threat=Threat.YES,
            threat_help_read=threat_help_read,
        )
        return Visit.begun(answers)

    def go(self, step: Step) -> "Visit":
        """Show an open step. Raises StepNotOpenError."""
        return replace(self, at=step)

    def answer(self, step: Step, **changes: Any) -> "Visit":
        """Take the answer to an open step and go to the first step after it that lacks one.

        Whoever says anew that someone is threatening them reads anew what helps. Raises
        StepNotOpenError when the step is not open.
        """
        if step not in open_steps(self.answers):
            raise StepNotOpenError(f"The answers do not lead to the step {step.value}.")
        answers = replace(self.answers, **changes)
        if answers.threat is not self.answers.threat:
            answers = replace(answers, threat_help_read=False)
        return Visit(answers, open_steps(answers)[-1])

    def report(self) -> Report:
        """What is sent. Raises NotCompleteError until the last step is open."""
        answers = self.answers
        if open_steps(answers)[-1] is not Step.SEND or answers.age is None or not answers.threat:
            raise NotCompleteError("Some question has no answer yet.")
        return Report(
            age=answers.age,
            under_18_then=answers.under_18_then if answers.age is AgeBand.ADULT else None,
            helper=answers.helper,
            threat=answers.threat,
            pictures=() if answers.lacks_pictures else answers.pictures or (),
        )

    def to_json(self) -> dict[str, Any]:
        """A value that `json` can write."""
        return {"answers": self.answers.to_json(), "at": self.at}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Visit":
        """Undo `to_json`."""
        return cls(Answers.from_json(value["answers"]), Step(value["at"]))
