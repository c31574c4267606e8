"""Public pages: say that a lawful picture was stopped, read the answer; the published numbers."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from takeback.hotline.appeals import texts
from takeback.hotline.appeals.access import answer_of_lookup
from takeback.hotline.appeals.actions import send_appeal
from takeback.hotline.appeals.domain import MOST_REFERENCE, MOST_WORDS
from takeback.hotline.codes.domain import new_case_code
from takeback.hotline.codes.stretching import (
    COME_AGAIN_SECONDS,
    BusyError,
    derive_keys,
    lookup_of_typed,
)
from takeback.hotline.codes.texts import CODE_UNKNOWN
from takeback.hotline.limits.actions import Limit, refused, slow_down
from takeback.hotline.pages.answers import AnswerError
from takeback.hotline.pages.errors import too_many_here
from takeback.hotline.pages.methods import methods
from takeback.hotline.pages.origin import from_our_own_pages
from takeback.hotline.platforms.access import platform_names

_LONGEST_TYPED = 200


@from_our_own_pages
@methods("GET", "POST")
def appeal(request: HttpRequest) -> HttpResponseBase:
    """Take an appeal, without a cookie; the code to come back with stands on the answer alone."""
    names = platform_names()
    if request.method != "POST":
        return _form(request, names, None)
    platform = request.POST.get("platform", "")
    reference = request.POST.get("reference", "").strip()
    words = request.POST.get("words", "").strip()
    if platform not in names:
        return _form(request, names, AnswerError("platform", texts.PICK_PLATFORM))
    if not 0 < len(reference) <= MOST_REFERENCE:
        return _form(request, names, AnswerError("reference", texts.REFERENCE_NEEDED))
    if len(words) > MOST_WORDS:
        return _form(request, names, AnswerError("words", texts.TOO_LONG))
    slow_down(request)
    code = new_case_code()
    try:
        send_appeal(platform, reference, words, derive_keys(code).lookup)
    except BusyError as error:
        return too_many_here(request, error, retry_after=COME_AGAIN_SECONDS)
    context = {"code": code, "days": settings.APPEAL_DAYS}
    return render(request, "appeals/sent.html", context)


def _form(request: HttpRequest, names: list[str], error: AnswerError | None) -> HttpResponse:
    context = {
        "platforms": names,
        "days": settings.APPEAL_DAYS,
        "error": error,
        "typed": {name: request.POST.get(name, "") for name in ("platform", "reference", "words")},
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, "appeals/appeal.html", context, status=status)


@from_our_own_pages
@methods("GET", "POST")
def answer(request: HttpRequest) -> HttpResponseBase:
    """Ask for the code of an appeal, and show the answer."""
    if request.method != "POST":
        return render(request, "appeals/answer.html", {"error": None})
    if refusal := refused(request, Limit.LOOK_UP):
        return refusal
    try:
        lookup = lookup_of_typed(request.POST.get("code", "")[:_LONGEST_TYPED])
    except BusyError as error:
        return too_many_here(request, error, retry_after=COME_AGAIN_SECONDS)
    found = answer_of_lookup(lookup)
    context: dict[str, object] = {"error": None}
    if found is None:
        context["error"] = AnswerError("code", CODE_UNKNOWN)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return render(request, "appeals/answer.html", context, status=status)
    context["answer"] = texts.ANSWERS[found]
    return render(request, "appeals/answer.html", context)
