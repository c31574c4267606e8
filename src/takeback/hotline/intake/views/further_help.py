"""Pages about help from others: who reaches which platform, and what grown-ups can do."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from takeback.hotline.helplines.countries import UnknownCountryError, all_countries, country
from takeback.hotline.intake.looking import platforms_looking_now
from takeback.hotline.pages.methods import methods
from takeback.hotline.reach.access import oldest_reading, reach_in


@methods("GET")
def reach(request: HttpRequest, code: str = "") -> HttpResponse:
    """Who can look for copies where, in the operator's country or in another one."""
    try:
        chosen = country(code or settings.COUNTRY)
    except UnknownCountryError as error:
        raise Http404 from error
    context = {
        "chosen": chosen,
        "countries": all_countries(),
        "reach": reach_in(chosen.code),
        "looking": platforms_looking_now(),
        "read_on": oldest_reading(),
    }
    return render(request, "intake/reach.html", context)


@methods("GET")
def grown_ups(request: HttpRequest) -> HttpResponse:
    """What a parent, a carer or a teacher can do in the first ten minutes."""
    return render(request, "intake/grown_ups.html")
