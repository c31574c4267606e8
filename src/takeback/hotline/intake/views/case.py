"""Coming back: the code opens the case; the timeline, and stopping it all."""

from datetime import date
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from takeback.hashlist.events import EntryId
from takeback.hotline.codes.stretching import COME_AGAIN_SECONDS, BusyError, lookup_of_typed
from takeback.hotline.feedback.access import removal_of
from takeback.hotline.foundation.headers import Surface, on_surface
from takeback.hotline.intake import apps_known, browser_texts, case_texts, sentences, texts, visits
from takeback.hotline.intake.access import (
    CaseHistory,
    PictureHistory,
    case_of_lookup,
    history_of,
)
from takeback.hotline.intake.actions import withdraw_case
from takeback.hotline.intake.domain.timeline import (
    FOUND,
    NOT_IN_FORCE,
    Happening,
    Line,
    newest_first,
    summary_of,
)
from takeback.hotline.intake.forms.sent_by_browser import (
    BadSendingError,
    as_base64,
    read_lookup,
)
from takeback.hotline.intake.models import Case
from takeback.hotline.intake.views.opened_case import with_opened_case
from takeback.hotline.intake.views.steps import derivation
from takeback.hotline.limits.actions import Limit, refused
from takeback.hotline.pages.answers import AnswerError
from takeback.hotline.pages.errors import too_many_here
from takeback.hotline.pages.methods import methods
from takeback.hotline.pages.origin import from_our_own_pages
from takeback.hotline.pages.redirects import see_other

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
@with_opened_case
def timeline(request: HttpRequest, case: Case) -> HttpResponseBase:
    """What happened so far."""
    history = history_of(case)
    today = timezone.localdate()
    summary = summary_of(history.facts_by_number)
    checking = {app.name for app in apps_known.choices() if app.checks_list}
    beside = visits.say_there_already(request.session)
    context = {
        "history": history,
        "added_beside": case_texts.added_beside(*beside) if beside else "",
        "sealed": as_base64(history.sealed_names),
        "thumbnail_texts_json": browser_texts.texts_json(browser_texts.OWN_THUMBNAILS),
        "summary": summary,
        "last_stop": summary.last_stop and case_texts.last_stop(summary.last_stop, today),
        "calm": case_texts.calm_words(
            summary, len(history.pictures), websites_look=history.websites_look
        ),
        "not_looked_for": case_texts.not_looked_for(summary, history.living),
        "pictures": [_picture_row(picture, today) for picture in history.pictures],
        "lines": _lines(history, today),
        "apps": [(name, name in checking) for name in history.apps],
    }
    return render(request, "intake/case.html", context)


def _picture_row(picture: PictureHistory, today: date) -> dict[str, Any]:
    kinds = {fact.kind for fact in picture.facts}
    return {
        "picture": picture,
        "lines": [_line(line, today) for line in newest_first({picture.number: picture.facts})],
        "added": case_texts.day_words(picture.added_on, today),
        "in_short": summary_of({picture.number: picture.facts}),
        "nothing_found": kinds.isdisjoint(FOUND | NOT_IN_FORCE | {Happening.LOOKED_AT_FIRST}),
        "not_just_now": not kinds.isdisjoint({Happening.OFF_FOR_NOW, Happening.LOOKED_AT_FIRST}),
        "can_be_stopped": kinds.isdisjoint({Happening.TAKEN_OFF, Happening.WITHDRAWN}),
    }


def _lines(history: CaseHistory, today: date) -> list[dict[str, Any]]:
    several = len(history.pictures) > 1
    shown = {picture.number: picture for picture in history.pictures}
    lines = []
    for line in newest_first(history.facts_by_number):
        which = shown[line.numbers[0]] if len(line.numbers) == 1 else None
        lines.append(_line(line, today) | {"which": which if several else None})
    return lines


def _line(line: Line, today: date) -> dict[str, Any]:
    sentence = sentences.of_line(line)
    return {"sentence": sentence, "day": case_texts.day_words(line.day, today)}


@methods("GET", "POST")
@with_opened_case
def withdraw(request: HttpRequest, case: Case) -> HttpResponseBase:
    """Ask once more, then stop looking for copies of all pictures and delete the case."""
    if request.method != "POST":
        living = case.pictures.filter(withdrawn_on=None).exists()
        context = {"living": living, "case_mark": visits.case_mark(request.session)}
        return render(request, "intake/withdraw.html", context)
    visits.keep_withdrawn(request.session, withdraw_case(case))
    return see_other("withdrawn")


@methods("GET")
def withdrawn(request: HttpRequest) -> HttpResponse:
    """Say what was done, how far it has got, and what can't be undone; else go to the start."""
    noted = visits.withdrawn(request.session)
    if noted is None:
        return see_other("start")
    entries = [EntryId(entry) for entry in noted]
    removal = removal_of(entries) if entries else None
    context = {
        "had_pictures": bool(entries),
        "removal": sentences.of_removal(removal) if removal else None,
    }
    return render(request, "intake/withdrawn.html", context)


def _ask(request: HttpRequest, *, status: int) -> HttpResponse:
    context = {
        "error": None if status == HTTPStatus.OK else AnswerError("code", texts.CASE_UNKNOWN),
        "texts_json": browser_texts.texts_json(browser_texts.OPEN_CASE),
        **derivation(),
    }
    page = render(request, "intake/open.html", context, status=status)
    return on_surface(Surface.FINGERPRINTS, page)


def _find(request: HttpRequest) -> Case | None:
    if request.POST.get("lookup"):
        try:
            return case_of_lookup(read_lookup(request.POST))
        except BadSendingError:
            return None
    return case_of_lookup(lookup_of_typed(request.POST.get("code", "")[:_LONGEST_TYPED]))
