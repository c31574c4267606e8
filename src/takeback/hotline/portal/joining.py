"""The page on which an invited engineer makes a key."""

from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from takeback.hotline.limits.actions import Limit, refused_at_the_door
from takeback.hotline.pages.methods import methods
from takeback.hotline.pages.origin import from_our_own_pages
from takeback.hotline.planted.test_lane import drawn_pictures_are_listed
from takeback.hotline.platforms import access as platforms_access
from takeback.hotline.platforms import actions as platforms_actions
from takeback.hotline.platforms.domain import (
    MOST_REVIEW,
    UNSEEN,
    InvitationEndedError,
    OpenInvitation,
    PlatformError,
    Scope,
    lanes_opened_by,
)
from takeback.hotline.portal.texts import SCOPES


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the form asks for, and what is wrong with it."""

    scopes: tuple[Scope, ...]
    review: str
    field: str = ""
    problem: str = ""


@from_our_own_pages
@methods("GET", "POST")
def join(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Tell an invited engineer what keys open, and make theirs; it is shown in this answer only."""
    if refusal := refused_at_the_door(request, Limit.PLATFORM_JOIN):
        return refusal
    invitation = platforms_access.open_invitation(secret)
    if invitation is None:
        return _ended(request)
    if request.method != "POST":
        return _ask(request, invitation, _Wish(invitation.scopes, ""))
    wish = _wish_of(request, invitation)
    if wish.problem:
        return _ask(request, invitation, wish)
    return _make(request, secret, invitation, wish)


def _make(
    request: HttpRequest, secret: str, invitation: OpenInvitation, wish: _Wish
) -> HttpResponse:
    try:
        key = platforms_actions.accept_invitation(secret, wish.scopes, wish.review)
    except InvitationEndedError:
        return _ended(request)
    except PlatformError as error:
        return _ask(request, invitation, _Wish(wish.scopes, wish.review, "scopes", str(error)))
    context = {
        "name": invitation.name,
        "key": key,
        "days": invitation.key_days,
        "hotline": settings.PUBLIC_URL,
        "reads": lanes_opened_by(wish.scopes) != 0,
        "tests": Scope.READ_TEST in wish.scopes and drawn_pictures_are_listed(),
    }
    return render(request, "portal/key.html", context)


def _wish_of(request: HttpRequest, invitation: OpenInvitation) -> _Wish:
    given = set(request.POST.getlist("scopes"))
    scopes = tuple(scope for scope in invitation.scopes if scope.value in given)
    review = request.POST.get("review", "").replace("\r\n", "\n").strip()
    if not scopes:
        return _Wish(scopes, review, "scopes", "Pick what the key opens.")
    if not review and not UNSEEN.isdisjoint(scopes):
        problem = "Say how people review matches, or leave self-reported and imported entries out."
        return _Wish(scopes, review, "review", problem)
    if len(review) > MOST_REVIEW:
        return _Wish(scopes, review, "review", f"Say it in {MOST_REVIEW} characters or fewer.")
    return _Wish(scopes, review)


def _ask(request: HttpRequest, invitation: OpenInvitation, wish: _Wish) -> HttpResponse:
    context = {
        "invitation": invitation,
        "scopes": [(scope, *SCOPES[scope], scope in wish.scopes) for scope in invitation.scopes],
        "asks_review": not UNSEEN.isdisjoint(invitation.scopes),
        "wish": wish,
        "most_review": MOST_REVIEW,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wish.problem else HTTPStatus.OK
    return render(request, "portal/join.html", context, status=status)


def _ended(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/ended.html", status=HTTPStatus.NOT_FOUND)
