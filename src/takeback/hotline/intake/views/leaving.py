"""Leaving quickly, and the page for a visit that was left too long.

How we found out what works: docs/decisions/0006-leaving-quickly.md.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from takeback.hotline.pages.methods import methods
from takeback.hotline.pages.redirects import SeeOther


def to_neutral_site() -> HttpResponse:
    """Send the browser to the operator's neutral site and have it forget ours."""
    response = SeeOther(settings.NEUTRAL_SITE)
    # Not "cache": every page is no-store already, and emptying a large cache takes time.
    response.headers["Clear-Site-Data"] = '"cookies", "storage"'
    response.delete_cookie(settings.SESSION_COOKIE_NAME, samesite="Strict")
    return response


@methods("GET")
def leave(request: HttpRequest) -> HttpResponse:
    """Forget the visit and show a neutral site. A link, never a form: CSP would block that."""
    request.session.flush()
    return to_neutral_site()


@methods("GET")
def ended(request: HttpRequest) -> HttpResponse:
    """Say that a visit was closed because it was left too long, and that nothing was sent."""
    return render(request, "intake/ended.html")
