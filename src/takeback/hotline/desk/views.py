"""The pages of the desk: coming in, the queue, one entry, deciding."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from takeback.hashlist.events import EntryId
from takeback.hotline.appeals.access import appeal_in_review, waiting_appeals
from takeback.hotline.appeals.actions import AnsweredError
from takeback.hotline.appeals.domain import Answer
from takeback.hotline.desk import access, actions
from takeback.hotline.desk.domain import Decision, Reason, UnfittingReasonError
from takeback.hotline.desk.queue import queue_sections
from takeback.hotline.desk.texts import (
    ANSWERS,
    FEEDBACK,
    HOLD_REASONS,
    LANES,
    REASONS,
    ROLES,
    counted,
    decision_text,
)
from takeback.hotline.desk.waiting import days_left, waited, waited_days
from takeback.hotline.entries.domain import UnknownEntryError
from takeback.hotline.limits.actions import Limit, refused_at_the_door
from takeback.hotline.log.continuity.doubts import signing_stop
from takeback.hotline.pages.methods import methods
from takeback.hotline.pages.origin import from_our_own_pages
from takeback.hotline.pages.redirects import see_other
from takeback.hotline.staff import actions as staff_actions
from takeback.hotline.staff import passkeys
from takeback.hotline.staff.access import invited, signed_in
from takeback.hotline.staff.domain import DeskError, NotPermittedError, Permission, Role, SignedIn
from takeback.hotline.staff.policy import require

_Arguments = ParamSpec("_Arguments")
_View = Callable[Concatenate[HttpRequest, _Arguments], HttpResponseBase]
_StaffView = Callable[Concatenate[HttpRequest, SignedIn, _Arguments], HttpResponseBase]
_COOKIE_PATH = "/desk/"


def _for_staff(view: _StaffView[_Arguments]) -> _View[_Arguments]:
    """Let in only people who work here and may see what waits; the view gets the person.

    Each action checks whether the person may do it; if not, a page says so.
    """

    @wraps(view)
    def answer(
        request: HttpRequest, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> HttpResponseBase:
        person = signed_in(request)
        if person is None:
            return see_other("desk-login")
        try:
            require(person.actor, Permission.SEE_QUEUE)
            return view(request, person, *args, **kwargs)
        except NotPermittedError as refusal:
            context = {"person": person, "refusal": refusal, "role": ROLES[person.role]}
            return render(request, "desk/forbidden.html", context, status=HTTPStatus.FORBIDDEN)

    return answer


@from_our_own_pages
@methods("GET", "POST")
def log_in(request: HttpRequest) -> HttpResponseBase:
    """Ask for a passkey; a session begins with the right one, and not before."""
    if refusal := refused_at_the_door(request, Limit.DESK_LOG_IN):
        return refusal
    if request.method != "POST":
        return _ask(request, "desk/login.html", {"failed": False}, passkeys.asking_to_log_in())
    try:
        person = passkeys.person_of(*_answered(request))
    except passkeys.PasskeyError:
        return _ask(request, "desk/login.html", {"failed": True}, passkeys.asking_to_log_in())
    login(request, person)
    return _let_in()


def _ask(
    request: HttpRequest, template: str, context: dict[str, object], asking: passkeys.Asking
) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if context["failed"] else HTTPStatus.OK
    context["options"] = asking.options
    response = render(request, template, context, status=status)
    response.set_cookie(
        settings.PASSKEY_COOKIE_NAME,
        asking.state,
        max_age=passkeys.ANSWER_SECONDS,
        path=_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


def _answered(request: HttpRequest) -> tuple[str, str]:
    """What the browser answered, and what it was asked with."""
    state = request.COOKIES.get(settings.PASSKEY_COOKIE_NAME, "")
    return request.POST.get("answer", ""), state


def _let_in() -> HttpResponse:
    response = see_other("desk")
    response.delete_cookie(settings.PASSKEY_COOKIE_NAME, _COOKIE_PATH, samesite="Strict")
    return response


@from_our_own_pages
@methods("GET", "POST")
def join(request: HttpRequest, token: str) -> HttpResponseBase:
    """Let an invited person make their passkey, then let them in."""
    if refusal := refused_at_the_door(request, Limit.DESK_JOIN):
        return refusal
    invitation = invited(token)
    if invitation is None:
        return render(request, "desk/ended.html", status=HTTPStatus.NOT_FOUND)
    failed = False
    if request.method == "POST":
        try:
            person = staff_actions.join(token, *_answered(request))
        except DeskError:
            return render(request, "desk/ended.html", status=HTTPStatus.NOT_FOUND)
        except passkeys.PasskeyError:
            failed = True
        else:
            login(request, person)
            return _let_in()
    context: dict[str, object] = {
        "name": invitation.person.name,
        "role": ROLES[Role(invitation.person.role)],
        "failed": failed,
    }
    asking = passkeys.asking_to_register(invitation.person)
    return _ask(request, "desk/join.html", context, asking)


@methods("POST")
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    request.session.flush()
    return see_other("desk-login")


@methods("GET")
@_for_staff
def queue(request: HttpRequest, person: SignedIn) -> HttpResponse:
    """What waits, the oldest first."""
    without_case, newest_without_case = access.entries_without_case()
    sections = queue_sections(
        access.held_entries(),
        access.suspended_entries(),
        waiting_appeals(),
        now=timezone.now(),
        today=timezone.localdate(),
        appeal_days=settings.APPEAL_DAYS,
    )
    context = {
        "person": person,
        "stop": signing_stop(),
        "without_case": without_case,
        "newest_without_case": [(LANES[row.lane], row) for row in newest_without_case],
        "sections": sections,
        "nothing_waits": not any(section.rows for section in sections),
    }
    return render(request, "desk/queue.html", context)


@methods("GET", "POST")
@_for_staff
def entry(request: HttpRequest, person: SignedIn, entry_id: str) -> HttpResponseBase:
    """One entry: all numbers that there are of it, and what can be done."""
    failed = ""
    if request.method == "POST":
        failed = _decide(request, person, EntryId(entry_id))
        if not failed:
            return see_other("desk")
    found = access.entry_in_review(EntryId(entry_id))
    if found is None:
        raise Http404
    possible = access.decisions_open_to(person.actor, found)
    since = found.suspended_at or found.held_at
    context = {
        "person": person,
        "found": found,
        "hold_reason": HOLD_REASONS.get(found.hold_reason, ""),
        "lane": LANES[found.lane],
        "waiting": waited(since, timezone.now()) if since and not found.withdrawn_at else "",
        "feedback": _feedback_in_words(found),
        "decisions": [_decision_in_words(found, decision) for decision in possible],
        "failed": failed,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if failed else HTTPStatus.OK
    return render(request, "desk/entry.html", context, status=status)


def _decide(request: HttpRequest, person: SignedIn, entry_id: EntryId) -> str:
    """Do what the form says; why that can't be done, nothing if it was."""
    try:
        decision = Decision(request.POST.get("decision", ""))
        reason = Reason(request.POST.get("reason", ""))
        actions.decide(person.actor, entry_id, decision, reason)
    except UnknownEntryError:
        return "Somebody was faster: this can't be done any more."
    except UnfittingReasonError:
        return "That is no reason for this. Pick one of those below it."
    except ValueError:
        return "Pick a reason."
    return ""


@methods("GET", "POST")
@_for_staff
def appeal(request: HttpRequest, person: SignedIn, appeal_id: UUID) -> HttpResponseBase:
    """One appeal: what was said, the entry that it is about, and the answers to pick from."""
    failed = ""
    if request.method == "POST":
        failed = _answer(request, person, appeal_id)
        if not failed:
            return see_other("desk")
    found = appeal_in_review(appeal_id)
    if found is None:
        raise Http404
    possible = access.answers_open_to(person.actor, found)
    about = access.entry_in_review(EntryId(found.entry)) if found.entry else None
    today = timezone.localdate()
    context = {
        "person": person,
        "found": found,
        "about": about,
        "lane": LANES[about.lane] if about else "",
        "feedback": _feedback_in_words(about) if about else [],
        "answer": ANSWERS[Answer(found.answer)] if found.answer else "",
        "waiting": waited_days(found.sent_on, today),
        "left": days_left(found.sent_on, today, settings.APPEAL_DAYS),
        "answers": [(answer.value, ANSWERS[answer]) for answer in possible],
        "failed": failed,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if failed else HTTPStatus.OK
    return render(request, "desk/appeal.html", context, status=status)


def _answer(request: HttpRequest, person: SignedIn, appeal_id: UUID) -> str:
    """Answer as the form says; why that can't be done, nothing if it was."""
    try:
        actions.answer(person.actor, appeal_id, Answer(request.POST.get("answer", "")))
    except AnsweredError:
        return "Somebody was faster: it was answered already."
    except ValueError:
        return "Pick an answer."
    return ""


def _decision_in_words(
    found: access.InReview, decision: Decision
) -> tuple[str, str, list[tuple[str, str]]]:
    """A decision, what it is called, and the reasons that there can be for it."""
    text = decision_text(decision, in_log=found.in_log, of_amendment=found.of_amendment)
    reasons = [(reason.value, REASONS[reason]) for reason in found.reasons_for(decision)]
    return decision.value, text, reasons


def _feedback_in_words(found: access.InReview) -> list[tuple[str, str]]:
    """What platforms did with copies of an entry: a sentence each, and the word on the wire."""
    return [
        (
            f"{counted(votes.platforms, 'platform')} {FEEDBACK[votes.value]}, "
            f"{counted(votes.count, 'time')}",
            votes.value.value,
        )
        for votes in found.votes
    ]
