"""The page that shows a platform how it is doing, and the way in with one of its keys."""

import time
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from takeback.hotline.feedback import health as feedback_health
from takeback.hotline.limits.actions import Limit, refused_at_the_door
from takeback.hotline.pages.methods import methods
from takeback.hotline.pages.origin import from_our_own_pages
from takeback.hotline.pages.redirects import see_other
from takeback.hotline.platforms.admission import NotAdmittedError, number_of_key, still_admitted
from takeback.hotline.portal.texts import FEEDBACK, SCOPES

VISIT_SECONDS: Final = 15 * 60
"""How long one log-in lasts."""
_KEY: Final = "platform_key"
_ENDS: Final = "platform_visit_ends"


@from_our_own_pages
@methods("GET", "POST")
def log_in(request: HttpRequest) -> HttpResponseBase:
    """Ask for a key; the session then knows its number, never the key."""
    if refusal := refused_at_the_door(request, Limit.PLATFORM_LOG_IN):
        return refusal
    if request.method != "POST":
        return render(request, "portal/login.html")
    try:
        number = number_of_key(request.POST.get("key", "").strip())
    except NotAdmittedError as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return render(request, "portal/login.html", {"problem": str(error)}, status=status)
    request.session.flush()
    request.session[_KEY] = number
    request.session[_ENDS] = int(time.time()) + VISIT_SECONDS
    return see_other("platform")


@methods("POST")
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    request.session.flush()
    return see_other("platform-login")


@methods("GET")
def health(request: HttpRequest) -> HttpResponseBase:
    """Show how the platform of the session's key is doing; a key that ended ends the session."""
    number = request.session.get(_KEY)
    ended = request.session.get(_ENDS, 0) <= time.time()
    platform = still_admitted(number) if number is not None and not ended else None
    if platform is None:
        return see_other("platform-login")
    found = feedback_health.platform_health(platform)
    context = {
        "found": found,
        "feedback": [(FEEDBACK[value], count) for value, count in found.feedback.items()],
        "keys": [(key, [SCOPES[scope][0] for scope in key.scopes]) for key in found.keys],
    }
    return render(request, "portal/health.html", context)
