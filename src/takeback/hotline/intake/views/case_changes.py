"""The case afterwards: adding to it, and stopping to look for copies of one picture."""

import json
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render

from takeback.hotline.foundation.headers import Surface, on_surface
from takeback.hotline.intake import browser_texts, case_changes, case_texts, texts, visits
from takeback.hotline.intake.access import answers_of
from takeback.hotline.intake.case_changes import (
    AlreadyInCaseError,
    CaseFullError,
    NewBox,
    TooManyAddressesError,
)
from takeback.hotline.intake.domain.pictures import (
    BadPicturesError,
    Picture,
    TooManyPicturesError,
    read_pictures,
)
from takeback.hotline.intake.forms import apps as app_choices
from takeback.hotline.intake.forms.addresses import read_addresses
from takeback.hotline.intake.forms.sent_by_browser import as_base64, read_new_box
from takeback.hotline.intake.models import Case
from takeback.hotline.intake.views.opened_case import with_opened_case
from takeback.hotline.pages.answers import AnswerError
from takeback.hotline.pages.methods import methods
from takeback.hotline.pages.redirects import see_other


@methods("GET", "POST")
@with_opened_case
def pictures(request: HttpRequest, case: Case) -> HttpResponseBase:
    """Pick more pictures; each becomes an entry of its own."""
    if request.method != "POST":
        return _show_picker(request, case)
    box = read_new_box(request.POST)
    picked: tuple[Picture, ...] = ()
    try:
        picked = read_pictures(request.POST.get("pictures", ""))
        if not picked:
            raise AnswerError("pictures", texts.PICTURE_NEEDED)
        return _add(request, case, picked, box)
    except AlreadyInCaseError as error:
        there = case_texts.there_already(sorted(set(error.numbers.values())))
        return _show_picker(request, case, AnswerError("pictures", there), refused_all=True)
    except TooManyPicturesError:
        problem = AnswerError("pictures", case_texts.TOO_MANY_PICTURES)
    except CaseFullError:
        problem = AnswerError("pictures", case_texts.MOST_EVER_REACHED)
    except BadPicturesError:
        problem = AnswerError("pictures", texts.PICTURES_BROKEN)
    except AnswerError as wrong:
        problem = wrong
    return _show_picker(request, case, problem, picked)


def _add(
    request: HttpRequest, case: Case, picked: tuple[Picture, ...], box: NewBox | None
) -> HttpResponseBase:
    """Add what is new; the case's page says which were there. Raises what `add_pictures` does.

    A box has notes of all that was picked, so our browser code is answered with status 409 and the
    ids of those that were there, and sends the others again. AlreadyInCaseError: none is new.
    """
    try:
        added = case_changes.add_pictures(case, picked, box)
    except AlreadyInCaseError as error:
        new = tuple(picture for picture in picked if picture.id not in error.numbers)
        if not new:
            raise
        visits.keep_there_already(request.session, sorted(set(error.numbers.values())))
        if box is not None:
            there = [str(picture) for picture in error.numbers]
            answer = {"sealed": as_base64(bytes(case.sealed_names or b"")), "already": there}
            return JsonResponse(answer, status=HTTPStatus.CONFLICT)
        added = case_changes.add_pictures(case, new)
    visits.keep_added_beside(request.session, len(added))
    return _done(box)


@methods("GET", "POST")
@with_opened_case
def addresses(request: HttpRequest, case: Case) -> HttpResponseBase:
    """Keep more web addresses."""
    if request.method != "POST":
        return _show(request, "addresses", {"written": ""})
    try:
        typed = read_addresses(request.POST)
        if not typed:
            raise AnswerError("addresses", texts.ADDRESS_NEEDED)
        case_changes.add_addresses(case, typed)
    except TooManyAddressesError:
        error = AnswerError("addresses", case_texts.TOO_MANY_IN_CASE)
    except AnswerError as wrong:
        error = wrong
    else:
        return see_other("case")
    return _show(request, "addresses", {"written": request.POST.get("addresses", "")}, error)


@methods("GET", "POST")
@with_opened_case
def apps(request: HttpRequest, case: Case) -> HttpResponseBase:
    """Say where copies might be; it changes what the case tells, and nothing else."""
    answers = answers_of(case)
    if request.method != "POST":
        return _show(request, "apps", {"groups": app_choices.groups(answers)})
    case_changes.choose_apps(case, app_choices.chosen_in(request.POST, answers))
    return see_other("case")


@methods("GET", "POST")
@with_opened_case
def stop(request: HttpRequest, case: Case, number: int) -> HttpResponseBase:
    """Ask once more, then stop looking for copies of one picture."""
    picture = case.pictures.filter(number=number).first()
    if picture is None:
        raise Http404
    if request.method == "POST":
        box = read_new_box(request.POST)
        case_changes.withdraw_picture(case, number, box)
        return _done(box)
    if picture.withdrawn_on is not None:
        return see_other("case")
    return _show(request, "stop", {"picture": picture, **_sealing(case)})


def _show_picker(
    request: HttpRequest,
    case: Case,
    error: AnswerError | None = None,
    picked: tuple[Picture, ...] = (),
    *,
    refused_all: bool = False,
) -> HttpResponse:
    context = {
        "pictures_json": json.dumps([picture.to_json() for picture in picked]),
        "texts_json": browser_texts.texts_json(browser_texts.PICTURE_PICKER),
        "refused_all": refused_all,
        **_sealing(case),
    }
    return on_surface(Surface.FINGERPRINTS, _show(request, "pictures", context, error))


def _show(
    request: HttpRequest, page: str, context: dict[str, Any], error: AnswerError | None = None
) -> HttpResponse:
    status = HTTPStatus.OK if error is None else HTTPStatus.UNPROCESSABLE_ENTITY
    template = f"intake/case/{page}.html"
    marked = {"error": error, "case_mark": visits.case_mark(request.session), **context}
    return render(request, template, marked, status=status)


def _sealing(case: Case) -> dict[str, str]:
    """What the browser needs to seal the box anew."""
    return {
        "sealed": as_base64(bytes(case.sealed_names or b"")),
        "sealing_texts_json": browser_texts.texts_json(browser_texts.CASE_BOX),
    }


def _done(box: NewBox | None) -> HttpResponse:
    """Our browser code, which sealed a box, goes to the case by itself."""
    return see_other("case") if box is None else HttpResponse(status=HTTPStatus.NO_CONTENT)
