"""The way through the questions: which step comes next, which are open, when a report is whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import takewhile
from typing import Any

from takeback.hotline.intake.domain.answers import AgeBand, Answers, Have, Report, Threat


class Step(StrEnum):
    """One page of the flow."""

    AGE = "age"
    THEN = "then"
    ADULT_HELP = "adult_help"
    HAVE = "have"
    NOTHING_YET = "nothing_yet"
    PICTURES = "pictures"
    ADDRESSES = "addresses"
    THREAT = "threat"
    THREAT_HELP = "threat_help"
    APPS = "apps"
    CHECK = "check"
    CODE = "code"


ENDS = frozenset({Step.ADULT_HELP, Step.NOTHING_YET})
"""Pages where the way stops: there is nothing to send, and the page says what else helps."""


class StepNotOpenError(ValueError):
    """A step was asked for that the answers so far do not lead to."""


class NotCompleteError(ValueError):
    """A report was asked for before every question on the way had its answer."""


def route(answers: Answers) -> tuple[Step, ...]:
    """All steps of the way, in order.

    Where a question is still open, the way that most people take is assumed.
    """
    steps = [Step.AGE]
    if answers.age is AgeBand.ADULT:
        steps.append(Step.THEN)
        if answers.under_18_then is False:
            return (*steps, Step.ADULT_HELP)
    steps.append(Step.HAVE)
    if answers.have is Have.NEITHER:
        return (*steps, Step.NOTHING_YET)
    if answers.have is not Have.ADDRESSES:
        steps.append(Step.PICTURES)
    if answers.have is not Have.PICTURES:
        steps.append(Step.ADDRESSES)
    steps.append(Step.THREAT)
    if answers.threat is Threat.YES:
        steps.append(Step.THREAT_HELP)
    return (*steps, Step.APPS, Step.CHECK, Step.CODE)


def is_answered(step: Step, answers: Answers) -> bool:
    """Whether the way may go on past `step`."""
    return _ANSWERED[step](answers) if step in _ANSWERED else False


def _pictures_answered(answers: Answers) -> bool:
    # With both, one of the two may stay empty: a phone may not be able to read a picture.
    if answers.have is Have.BOTH:
        return answers.pictures is not None
    return bool(answers.pictures)


def _addresses_answered(answers: Answers) -> bool:
    if answers.have is Have.BOTH and answers.pictures:
        return answers.addresses is not None
    return bool(answers.addresses)


_ANSWERED: Mapping[Step, Callable[[Answers], bool]] = {
    Step.AGE: lambda answers: answers.age is not None,
    Step.THEN: lambda answers: answers.under_18_then is not None,
    Step.HAVE: lambda answers: answers.have is not None,
    Step.PICTURES: _pictures_answered,
    Step.ADDRESSES: _addresses_answered,
    Step.THREAT: lambda answers: answers.threat is not None,
    Step.THREAT_HELP: lambda answers: answers.threat_help_read,
    Step.APPS: lambda answers: answers.apps is not None,
    Step.CHECK: lambda answers: answers.checked,
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

    def __post_init__(self) -> None:
        """Raise StepNotOpenError when the step is not one that the answers lead to."""
        if self.at not in open_steps(self.answers):
            raise StepNotOpenError(f"The answers do not lead to the step {self.at.value}.")

    @property
    def number(self) -> int:
        """The place of this step on the way, from 1."""
        return route(self.answers).index(self.at) + 1

    @property
    def total(self) -> int:
        """How many steps the way has."""
        return len(route(self.answers))

    @property
    def before(self) -> Step | None:
        """The step before this one."""
        return route(self.answers)[self.number - 2] if self.number > 1 else None

    def go(self, step: Step) -> "Visit":
        """Show an open step. Raises StepNotOpenError."""
        return replace(self, at=step)

    def answer(self, step: Step, **changes: Any) -> "Visit":
        """Take the answer to an open step and go to the first step after it that lacks one.

        Any change takes back "I have checked my answers". Raises StepNotOpenError when the step
        is not open.
        """
        if step not in open_steps(self.answers):
            raise StepNotOpenError(f"The answers do not lead to the step {step.value}.")
        answers = replace(self.answers, **{"checked": False, **changes})
        if answers.threat is not self.answers.threat:
            answers = replace(answers, threat_help_read=False)
        return Visit(answers, open_steps(answers)[-1])

    def report(self) -> Report:
        """What is sent. Raises NotCompleteError until the code step is open."""
        answers = self.answers
        if open_steps(answers)[-1] is not Step.CODE:
            raise NotCompleteError("Some question has no answer yet.")
        way = route(answers)
        if answers.age is None or answers.threat is None:
            raise NotCompleteError("Some question has no answer yet.")
        return Report(
            age=answers.age,
            under_18_then=answers.under_18_then if Step.THEN in way else None,
            pictures=answers.pictures or () if Step.PICTURES in way else (),
            addresses=answers.addresses or () if Step.ADDRESSES in way else (),
            threat=answers.threat,
            apps=answers.apps or (),
        )

    def to_json(self) -> dict[str, Any]:
        """A value that `json` can write."""
        return {"answers": self.answers.to_json(), "at": self.at}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Visit":
        """Undo `to_json`."""
        return cls(Answers.from_json(value["answers"]), Step(value["at"]))
