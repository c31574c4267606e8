"""What the page of each step needs: its template, its choices, the words of its browser code."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise

from takeback.hotline.codes.access import site_salt
from takeback.hotline.codes.domain import MEMORY_KIB, PASSES, new_case_code
from takeback.hotline.foundation.headers import Surface
from takeback.hotline.intake import browser_texts, texts, visits
from takeback.hotline.intake.domain.answers import AgeBand
from takeback.hotline.intake.domain.flow import Step, Visit

TEMPLATES: Mapping[Step, tuple[str, Surface]] = {
    step: (
        f"intake/steps/{step.value}.html",
        Surface.FINGERPRINTS if step in {Step.PICTURES, Step.SEND} else Surface.PAGES,
    )
    for step in Step
}

Context = dict[str, Any]


def context_of(request: HttpRequest, visit: Visit) -> Context:
    """What the template of the step that is shown needs beside the visit itself."""
    maker = _CONTEXTS.get(visit.at)
    answers = visit.answers
    young = answers.age is AgeBand.UNDER_13 and not answers.helper
    looks = {"app-young": young, "app-sending": visit.at is Step.SEND}
    return {
        "visit_id": visits.visit_id(request.session),
        "young": young,
        "helper": answers.helper,
        "grown_up": answers.grown_up_then,
        "look": " ".join(look for look, applies in looks.items() if applies),
        **(maker(request, visit) if maker else {}),
    }


def derivation() -> Context:
    """What a browser needs to stretch a code as this hotline does."""
    return {"salt": site_salt().hex(), "memory_kib": MEMORY_KIB, "passes": PASSES}


def _age(request: HttpRequest, visit: Visit) -> Context:
    return {"options": _options(texts.THEIR_AGES if visit.answers.helper else texts.OWN_AGES)}


def _threat(request: HttpRequest, visit: Visit) -> Context:
    return {"options": _options(texts.THREATS_TO_OTHERS if visit.answers.helper else texts.THREATS)}


def _pictures(request: HttpRequest, visit: Visit) -> Context:
    pictures = [picture.to_json() for picture in visit.answers.pictures or ()]
    return {
        "pictures_json": json.dumps(pictures),
        "texts_json": browser_texts.texts_json(browser_texts.PICTURE_PICKER),
    }


def _instead(request: HttpRequest, visit: Visit) -> Context:
    return {"options": _options(texts.INSTEAD)}


def _send(request: HttpRequest, visit: Visit) -> Context:
    if visits.makes_code_in_browser(request.session):
        return {
            "in_browser": True,
            "can_show_code": True,
            "has_pictures": bool(visit.report().pictures),
            "texts_json": browser_texts.texts_json(browser_texts.CASE_CODE),
            **derivation(),
        }
    code = visits.code(request.session)
    if code is None:
        code = new_case_code()
        visits.keep_code(request.session, code)
    return {"in_browser": False, "code": code}


_CONTEXTS: Mapping[Step, Callable[[HttpRequest, Visit], Context]] = {
    Step.AGE: _age,
    Step.THREAT: _threat,
    Step.PICTURES: _pictures,
    Step.INSTEAD: _instead,
    Step.SEND: _send,
}


def _options(labels: Mapping[Any, Promise]) -> list[Context]:
    return [{"value": str(value), "label": label} for value, label in labels.items()]
