"""What the page of each step needs: its template, its choices, the words of its browser code."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise

from takeback.hotline.codes.access import site_salt
from takeback.hotline.codes.domain import MEMORY_KIB, PASSES, new_case_code
from takeback.hotline.foundation.headers import Surface
from takeback.hotline.intake import apps_known, browser_texts, texts, visits
from takeback.hotline.intake.domain.answers import AgeBand, Have, Threat
from takeback.hotline.intake.domain.flow import Step, Visit, route

TEMPLATES: Mapping[Step, tuple[str, Surface]] = {
    step: (
        f"intake/steps/{step.value}.html",
        Surface.FINGERPRINTS if step in {Step.PICTURES, Step.CODE} else Surface.PAGES,
    )
    for step in Step
}

Context = dict[str, Any]


def context_of(request: HttpRequest, visit: Visit) -> Context:
    """What the template of the step that is shown needs beside the visit itself."""
    maker = _CONTEXTS.get(visit.at)
    return maker(request, visit) if maker else {}


def derivation() -> Context:
    """What a browser needs to stretch a code as this hotline does."""
    return {"salt": site_salt().hex(), "memory_kib": MEMORY_KIB, "passes": PASSES}


def texts_json(texts_by_key: Mapping[str, Promise]) -> str:
    """Texts in the language of this request, as the browser code reads them."""
    return json.dumps({key: str(text) for key, text in texts_by_key.items()}, ensure_ascii=False)


def _age(request: HttpRequest, visit: Visit) -> Context:
    return {"options": _options(texts.AGE_BANDS, visit.answers.age)}


def _then(request: HttpRequest, visit: Visit) -> Context:
    chosen = {True: "yes", False: "no", None: None}[visit.answers.under_18_then]
    return {"options": _options(texts.THEN, chosen)}


def _have(request: HttpRequest, visit: Visit) -> Context:
    return {"options": _options(texts.HAVE, visit.answers.have)}


def _pictures(request: HttpRequest, visit: Visit) -> Context:
    pictures = [picture.to_json() for picture in visit.answers.pictures or ()]
    return {
        "pictures_json": json.dumps(pictures),
        "texts_json": texts_json(browser_texts.PICTURE_PICKER),
        "both": visit.answers.have is Have.BOTH,
    }


def _addresses(request: HttpRequest, visit: Visit) -> Context:
    typed = request.POST.get("addresses") if request.POST.get("step") == Step.ADDRESSES else None
    return {
        "written": "\n".join(visit.answers.addresses or ()) if typed is None else typed,
        "may_be_blank": visit.answers.have is Have.BOTH and bool(visit.answers.pictures),
    }


def _threat(request: HttpRequest, visit: Visit) -> Context:
    return {"options": _options(texts.THREAT, visit.answers.threat)}


def _apps(request: HttpRequest, visit: Visit) -> Context:
    chosen = visit.answers.apps or ()
    known = apps_known.choices()
    groups = [
        {
            "checks_list": checks_list,
            "choices": [
                {"app": app, "checked": app.name in chosen}
                for app in known
                if app.checks_list is checks_list
            ],
        }
        for checks_list in (True, False)
    ]
    return {"groups": [group for group in groups if group["choices"]]}


def _check(request: HttpRequest, visit: Visit) -> Context:
    way = route(visit.answers)
    answers = visit.answers
    return {
        "age": texts.AGE_BANDS[answers.age or AgeBand.ADULT],
        "then": texts.THEN["yes" if answers.under_18_then else "no"] if Step.THEN in way else None,
        "have": texts.HAVE[answers.have or Have.NEITHER],
        "picture_count": len(answers.pictures or ()) if Step.PICTURES in way else None,
        "addresses": (answers.addresses or ()) if Step.ADDRESSES in way else None,
        "threat": texts.THREAT[answers.threat or Threat.NOT_SAID],
        "apps": answers.apps or (),
    }


def _code(request: HttpRequest, visit: Visit) -> Context:
    if visits.makes_code_in_browser(request.session):
        return {
            "in_browser": True,
            "texts_json": texts_json(browser_texts.CASE_CODE),
            **derivation(),
        }
    code = visits.code(request.session)
    if code is None:
        code = new_case_code()
        visits.keep_code(request.session, code)
    return {"in_browser": False, "code": code}


_CONTEXTS: Mapping[Step, Callable[[HttpRequest, Visit], Context]] = {
    Step.AGE: _age,
    Step.THEN: _then,
    Step.HAVE: _have,
    Step.PICTURES: _pictures,
    Step.ADDRESSES: _addresses,
    Step.THREAT: _threat,
    Step.APPS: _apps,
    Step.CHECK: _check,
    Step.CODE: _code,
}


def _options(labels: Mapping[Any, Promise], chosen: object) -> list[Context]:
    return [
        {"value": str(value), "label": label, "checked": value == chosen}
        for value, label in labels.items()
    ]
