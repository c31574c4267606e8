"""Pages about help from others: who reaches which platform, and what grown-ups can do."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

from takeback.hotline.feedback.access import platforms_looking
from takeback.hotline.helplines.countries import UnknownCountryError, country
from takeback.hotline.helplines.names import countries_by_name
from takeback.hotline.pages.for_everybody import compressed
from takeback.hotline.pages.methods import methods
from takeback.hotline.reach.access import oldest_reading, reach_in


@methods("GET")
@compressed
def reach(request: HttpRequest, code: str = "") -> HttpResponse:
    """Who can look for copies where, in the operator's country or in another one."""
    try:
        chosen = country(code or settings.COUNTRY)
    except UnknownCountryError as error:
        raise Http404 from error
    context = {
        "chosen": chosen,
        "countries": countries_by_name(get_language()),
        "reach": reach_in(chosen.code),
        "looking": sorted(platforms_looking(timezone.now()), key=str.casefold),
        "read_on": oldest_reading(),
    }
    return render(request, "intake/reach.html", context)


@methods("GET")
@compressed
def grown_ups(request: HttpRequest) -> HttpResponse:
    """What a parent, a carer or a teacher can do in the first ten minutes."""
    return render(request, "intake/grown_ups.html")
