"""What each question's form sends, read into answers; and what its page needs to show."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.http import QueryDict

from takeback.hotline.intake import apps_known, texts
from takeback.hotline.intake.domain.answers import (
    MAX_ADDRESSES,
    AgeBand,
    Answers,
    Have,
    Threat,
)
from takeback.hotline.intake.domain.flow import Step
from takeback.hotline.intake.domain.pictures import BadPicturesError, read_pictures
from takeback.hotline.intake.domain.web_address import BadAddressError, read_address
from takeback.hotline.pages.answers import AnswerError

_Choice = TypeVar("_Choice", AgeBand, Have, Threat)


Changes = Mapping[str, Any]


def read_answer(step: Step, form: QueryDict, answers: Answers) -> Changes:
    """The changes to `answers` that a step's form asks for. Raises AnswerError."""
    return _READERS[step](form, answers)


def _age(form: QueryDict, _answers: Answers) -> Changes:
    return {"age": _one_of(AgeBand, form, "age")}


def _then(form: QueryDict, _answers: Answers) -> Changes:
    value = form.get("then")
    if value not in {"yes", "no"}:
        raise AnswerError("then", texts.PICK_ONE)
    return {"under_18_then": value == "yes"}


def _have(form: QueryDict, _answers: Answers) -> Changes:
    return {"have": _one_of(Have, form, "have")}


def _pictures(form: QueryDict, answers: Answers) -> Changes:
    try:
        pictures = read_pictures(form.get("pictures", ""))
    except BadPicturesError as error:
        raise AnswerError("pictures", texts.PICTURES_BROKEN) from error
    if not pictures and answers.have is not Have.BOTH:
        raise AnswerError("pictures", texts.PICTURE_NEEDED)
    return {"pictures": pictures}


def _addresses(form: QueryDict, answers: Answers) -> Changes:
    addresses: dict[str, None] = {}
    for line, typed in enumerate(form.get("addresses", "").splitlines(), start=1):
        if not typed.strip():
            continue
        try:
            addresses[read_address(typed)] = None
        except BadAddressError as error:
            message = texts.ADDRESS_PROBLEMS[error.problem] % {"line": line}
            raise AnswerError("addresses", message) from error
    if len(addresses) > MAX_ADDRESSES:
        raise AnswerError("addresses", texts.TOO_MANY_ADDRESSES)
    if not addresses and not (answers.have is Have.BOTH and answers.pictures):
        raise AnswerError("addresses", texts.ADDRESS_NEEDED)
    return {"addresses": tuple(addresses)}


def _threat(form: QueryDict, _answers: Answers) -> Changes:
    return {"threat": _one_of(Threat, form, "threat")}


def _threat_help(_form: QueryDict, _answers: Answers) -> Changes:
    return {"threat_help_read": True}


def _apps(form: QueryDict, _answers: Answers) -> Changes:
    known = {app.name for app in apps_known.choices()}
    chosen = [name for name in form.getlist("apps") if name in known]
    return {"apps": tuple(dict.fromkeys(chosen))}


def _check(_form: QueryDict, _answers: Answers) -> Changes:
    return {"checked": True}


_READERS: Mapping[Step, Callable[[QueryDict, Answers], Changes]] = {
    Step.AGE: _age,
    Step.THEN: _then,
    Step.HAVE: _have,
    Step.PICTURES: _pictures,
    Step.ADDRESSES: _addresses,
    Step.THREAT: _threat,
    Step.THREAT_HELP: _threat_help,
    Step.APPS: _apps,
    Step.CHECK: _check,
}

ANSWERED_BY_FORM = frozenset(_READERS)
"""The steps with a question; the others only show something."""


def _one_of(kind: type[_Choice], form: QueryDict, field: str) -> _Choice:
    try:
        return kind(form.get(field, ""))
    except ValueError as error:
        raise AnswerError(field, texts.PICK_ONE) from error
