"""Coming back: the code opens the case; the timeline, and taking everything back."""

import base64
import re
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from takeback.hashlist.events import EntryId
from takeback.hotline.codes.stretching import COME_AGAIN_SECONDS, BusyError, lookup_of_typed
from takeback.hotline.feedback.access import removal_of
from takeback.hotline.foundation.headers import Surface, on_surface
from takeback.hotline.intake import apps_known, browser_texts, sentences, texts, visits
from takeback.hotline.intake.access import case_of_id, case_of_lookup, history_of
from takeback.hotline.intake.actions import withdraw_case
from takeback.hotline.intake.domain.timeline import FOUND
from takeback.hotline.intake.models import Case
from takeback.hotline.intake.views.leaving import to_neutral_site
from takeback.hotline.intake.views.steps import derivation, texts_json
from takeback.hotline.limits.actions import Limit, refused
from takeback.hotline.pages.answers import AnswerError
from takeback.hotline.pages.errors import too_many_here
from takeback.hotline.pages.methods import methods
from takeback.hotline.pages.origin import from_our_own_pages
from takeback.hotline.pages.redirects import see_other

_LOOKUP = re.compile(r"[0-9a-f]{64}")
_LONGEST_TYPED = 200


@from_our_own_pages
@methods("GET", "POST")
def open_case(request: HttpRequest) -> HttpResponseBase:
    """Ask for the code. What finds nothing has one answer, whatever the reason."""
    if request.method != "POST":
        return _ask(request, status=HTTPStatus.OK)
    if refusal := refused(request, Limit.LOOK_UP):
        return refusal
    try:
        case = _find(request)
    except BusyError as error:
        return too_many_here(request, error, retry_after=COME_AGAIN_SECONDS)
    if case is None:
        return _ask(request, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    visits.open_case(request.session, str(case.id))
    return see_other("case")


@methods("GET")
def timeline(request: HttpRequest) -> HttpResponseBase:
    """What happened so far."""
    case = case_of_id(visits.opened_case(request.session))
    if case is None:
        return to_neutral_site()
    history = history_of(case)
    checking = {app.name for app in apps_known.choices() if app.checks_list}
    context = {
        "history": history,
        "sealed": base64.b64encode(history.sealed_names).decode("ascii"),
        "pictures": [
            {
                "picture": picture,
                "sentences": [sentences.of_fact(fact) for fact in picture.facts],
                "nothing_found": not any(fact.kind in FOUND for fact in picture.facts),
            }
            for picture in history.pictures
        ],
        "apps": [(name, name in checking) for name in history.apps],
    }
    return render(request, "intake/case.html", context)


@methods("GET", "POST")
def withdraw(request: HttpRequest) -> HttpResponseBase:
    """Ask once more, then take everything back."""
    case = case_of_id(visits.opened_case(request.session))
    if case is None:
        return see_other("ended") if request.method == "POST" else to_neutral_site()
    if request.method != "POST":
        return render(request, "intake/withdraw.html")
    visits.keep_withdrawn(request.session, withdraw_case(case))
    return see_other("withdrawn")


@methods("GET")
def withdrawn(request: HttpRequest) -> HttpResponse:
    """Say what was done, how far it has got, and what can't be undone."""
    entries = [EntryId(entry) for entry in visits.withdrawn(request.session)]
    removal = removal_of(entries) if entries else None
    context = {"removal": sentences.of_removal(removal) if removal else None}
    return render(request, "intake/withdrawn.html", context)


def _ask(request: HttpRequest, *, status: int) -> HttpResponse:
    context = {
        "error": None if status == HTTPStatus.OK else AnswerError("code", texts.CASE_UNKNOWN),
        "texts_json": texts_json(browser_texts.OPEN_CASE),
        **derivation(),
    }
    page = render(request, "intake/open.html", context, status=status)
    return on_surface(Surface.FINGERPRINTS, page)


def _find(request: HttpRequest) -> Case | None:
    lookup = request.POST.get("lookup", "")
    if lookup:
        return case_of_lookup(bytes.fromhex(lookup)) if _LOOKUP.fullmatch(lookup) else None
    return case_of_lookup(lookup_of_typed(request.POST.get("code", "")[:_LONGEST_TYPED]))
