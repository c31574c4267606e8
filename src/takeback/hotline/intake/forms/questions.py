"""What each question's form sends, read into answers."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.http import QueryDict

from takeback.hotline.intake import texts
from takeback.hotline.intake.domain.answers import AgeBand, Answers, Threat
from takeback.hotline.intake.domain.flow import Step
from takeback.hotline.intake.domain.pictures import BadPicturesError, read_pictures
from takeback.hotline.pages.answers import AnswerError

_Choice = TypeVar("_Choice", AgeBand, Threat)

Changes = Mapping[str, Any]

_THEN: Mapping[str, bool] = {
    texts.ADULT_UNDER_18_THEN: True,
    texts.ADULT_THEN: False,
}


def read_answer(step: Step, form: QueryDict, answers: Answers) -> Changes:
    """The changes to `answers` that a step's form asks for. Raises AnswerError."""
    return _READERS[step](form, answers)


def _age(form: QueryDict, _answers: Answers) -> Changes:
    for_whom = form.get("for", "")
    if for_whom:
        # Who answers has changed, so that a different person's age is asked.
        return {"helper": for_whom == "other", "age": None, "under_18_then": None}
    then = _THEN.get(form.get("age", ""))
    if then is not None:
        return {"age": AgeBand.ADULT, "under_18_then": then}
    return {"age": _one_of(AgeBand, form, "age"), "under_18_then": None}


def _threat(form: QueryDict, _answers: Answers) -> Changes:
    return {"threat": _one_of(Threat, form, "threat")}


def _threat_help(_form: QueryDict, _answers: Answers) -> Changes:
    return {"threat_help_read": True}


def _pictures(form: QueryDict, _answers: Answers) -> Changes:
    if form.get("lacks"):
        return {"lacks_pictures": True, "has_address": None}
    try:
        pictures = read_pictures(form.get("pictures", ""))
    except BadPicturesError as error:
        raise AnswerError("pictures", texts.PICTURES_BROKEN) from error
    if not pictures:
        raise AnswerError("pictures", texts.PICTURE_NEEDED)
    return {"pictures": pictures, "lacks_pictures": False}


def _instead(form: QueryDict, _answers: Answers) -> Changes:
    value = form.get("instead")
    if value not in {"address", "neither"}:
        raise AnswerError("instead", texts.PICK_ONE)
    return {"has_address": value == "address"}


_READERS: Mapping[Step, Callable[[QueryDict, Answers], Changes]] = {
    Step.AGE: _age,
    Step.THREAT: _threat,
    Step.THREAT_HELP: _threat_help,
    Step.PICTURES: _pictures,
    Step.INSTEAD: _instead,
}

ANSWERED_BY_FORM = frozenset(_READERS)
"""The steps with a question; the others only show something."""


def _one_of(kind: type[_Choice], form: QueryDict, field: str) -> _Choice:
    try:
        return kind(form.get(field, ""))
    except ValueError as error:
        raise AnswerError(field, texts.PICK_ONE) from error
