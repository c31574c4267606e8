"""The questions: one address for all of them, so that a history shows one dull line."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from takeback.hotline.codes.stretching import COME_AGAIN_SECONDS, BusyError, derive_keys
from takeback.hotline.foundation.headers import Surface, on_surface
from takeback.hotline.intake import browser_texts, visits
from takeback.hotline.intake.access import answers_of, case_of_id, case_of_lookup
from takeback.hotline.intake.actions import CodeTakenError, send_report
from takeback.hotline.intake.domain.answers import AgeBand, Answers, Door
from takeback.hotline.intake.domain.flow import Step, Visit, open_steps
from takeback.hotline.intake.forms.questions import ANSWERED_BY_FORM, read_answer
from takeback.hotline.intake.forms.sent_by_browser import BadSendingError, read_box, read_lookup
from takeback.hotline.intake.views.leaving import to_neutral_site
from takeback.hotline.intake.views.steps import TEMPLATES, context_of
from takeback.hotline.limits.actions import Limit, refused, slow_down
from takeback.hotline.pages.answers import AnswerError
from takeback.hotline.pages.errors import error_response, too_many_here
from takeback.hotline.pages.methods import methods
from takeback.hotline.pages.origin import from_our_own_pages
from takeback.hotline.pages.redirects import see_other


@from_our_own_pages
@methods("POST")
def begin(request: HttpRequest) -> HttpResponseBase:
    """Begin a visit by one of the doors: the first cookie is set here."""
    if refusal := refused(request, Limit.BEGIN):
        return refusal
    try:
        door = Door(request.POST.get("door", Door.COPIES))
    except ValueError:
        return error_response(request, 400)
    read = request.POST.get("read") == "1"
    visit = visits.current(request.session)
    if visit is None or not visit.is_under_way or request.POST.get("anew"):
        visits.begin(request.session, Answers.of_door(door, threat_help_read=read))
    elif door is Door.THREAT:
        # Nobody who is threatened is asked about anything first; what they picked stays.
        visits.keep(request.session, visit.threatened(threat_help_read=read))
    else:
        visits.ask_whether_anew(request.session, door)
    return see_other("begun")


@methods("GET")
def begun(request: HttpRequest) -> HttpResponse:
    """Lead on to the first question, or tell whoever came without the cookie that was just set.

    A redirect that is only passed through leaves nothing in a history.
    """
    if visits.current(request.session) is None:
        return render(request, "intake/no_cookies.html")
    return see_other("report")


@methods("GET", "POST")
def report(request: HttpRequest) -> HttpResponseBase:
    """Show the step that is due; take an answer; go back; send."""
    if visits.was_sent(request.session):
        return _after_sending(request)
    visit = visits.current(request.session)
    if visit is None:
        # A form may not lead to another site (CSP), so a POST gets a page of ours instead.
        return see_other("ended") if request.method == "POST" else to_neutral_site()
    if request.method != "POST":
        return _show_due(request, visit)
    if wanted := request.POST.get("go"):
        return _go(request, visit, wanted)
    step = request.POST.get("step")
    if step == Step.SEND:
        return _send(request, visit) if visit.at is Step.SEND else _not_due(request)
    return _answer(request, visit, step)


def _not_due(request: HttpRequest) -> HttpResponse:
    """Another tab has led elsewhere; our browser code, which sees no redirect, goes by itself."""
    if request.POST.get("lookup"):
        return HttpResponse(status=HTTPStatus.PRECONDITION_FAILED)
    return see_other("report")


def _go(request: HttpRequest, visit: Visit, wanted: str) -> HttpResponse:
    try:
        step = visit.before if wanted == "back" else Step(wanted)
        if step is not None:
            visits.keep(request.session, visit.go(step))
    except ValueError:
        pass  # a button of an old page: the step that is due is shown
    return see_other("report")


def _answer(request: HttpRequest, visit: Visit, answered: str | None) -> HttpResponseBase:
    # A form of an old page may answer a step that is closed by now: the one that is due is shown.
    if answered not in ANSWERED_BY_FORM or answered not in open_steps(visit.answers):
        return see_other("report")
    step = Step(answered)
    try:
        changes = read_answer(step, request.POST, visit.answers)
    except AnswerError as error:
        return _show(request, visit.go(step), error)
    if step in {Step.PICTURES, Step.INSTEAD}:
        visits.set_makes_code_in_browser(request.session, request.POST.get("js") == "1")
    visits.keep(request.session, visit.answer(step, **changes))
    return see_other("report")


def _show_due(request: HttpRequest, visit: Visit) -> HttpResponse:
    if door := visits.say_whether_anew(request.session):
        return render(request, "intake/unsent.html", {"door": door})
    return _show(request, visit)


def _show(request: HttpRequest, visit: Visit, error: AnswerError | None = None) -> HttpResponse:
    template, surface = TEMPLATES[visit.at]
    context = {"visit": visit, "error": error, **context_of(request, visit)}
    return on_surface(surface, render(request, template, context, status=422 if error else 200))


def _send(request: HttpRequest, visit: Visit) -> HttpResponse:
    made_here = visits.code(request.session)
    by_browser = visits.makes_code_in_browser(request.session)
    if by_browser and not request.POST.get("lookup"):
        # Its code did not run after all: make the code here, and show it before anything is sent.
        visits.set_makes_code_in_browser(request.session, False)
        return see_other("report")
    if not by_browser and made_here is None:
        return see_other("report")
    slow_down(request)
    try:
        if made_here is None or by_browser:
            lookup, sealed_names = read_lookup(request.POST), read_box(request.POST)
        else:
            lookup, sealed_names = derive_keys(made_here).lookup, None
        case = send_report(visit.report(), lookup, sealed_names)
    except BusyError as error:
        return too_many_here(request, error, retry_after=COME_AGAIN_SECONDS)
    except CodeTakenError:
        return error_response(request, 409)
    except BadSendingError:
        return error_response(request, 400)
    visits.mark_sent(request.session, str(case.id))
    return HttpResponse(status=204) if by_browser else see_other("report")


def _after_sending(request: HttpRequest) -> HttpResponse:
    """Show the code once more, if it was made here; answer a repeated sending like the first."""
    case = case_of_id(visits.opened_case(request.session))
    if request.method == "POST" and "lookup" in request.POST:
        try:
            lookup = read_lookup(request.POST)
        except BadSendingError:
            return error_response(request, 400)
        if case is not None and case == case_of_lookup(lookup):
            return HttpResponse(status=204)
    if request.method == "POST":
        return _not_due(request)
    code = visits.code(request.session)
    answers = answers_of(case) if case is not None else {}
    helper = answers.get("helper") is True
    young = answers.get("age") == AgeBand.UNDER_13 and not helper
    context = {
        "visit_id": visits.visit_id(request.session),
        "helper": helper,
        "young": young,
        "look": "app-young" if young else "",
        "code": code,
        "can_show_code": code is not None,
        "texts_json": browser_texts.texts_json(browser_texts.CASE_CODE),
        "has_pictures": case is not None and case.pictures.exists(),
    }
    return on_surface(Surface.FINGERPRINTS, render(request, "intake/done.html", context))
