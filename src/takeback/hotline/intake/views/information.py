"""Pages that only tell: no field, no cookie."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language, get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

from takeback.hotline.helplines.countries import UnknownCountryError, country
from takeback.hotline.helplines.domain.lines import Country
from takeback.hotline.helplines.names import countries_by_name
from takeback.hotline.pages.for_everybody import compressed
from takeback.hotline.pages.methods import methods


@methods("GET")
@compressed
def start(request: HttpRequest) -> HttpResponse:
    """What this does, what it can't do, who sees what; no field.

    A reader who comes from elsewhere and reads another of our languages better gets the page in
    that one; a click on a language stays with what was clicked.
    """
    preferred = _preferred_language(request)
    from_elsewhere = request.headers.get("Sec-Fetch-Site") in {"none", "cross-site", "same-site"}
    if from_elsewhere and request.path == "/" and preferred != settings.LANGUAGE_CODE:
        return HttpResponseRedirect(f"/{preferred}/")
    return render(request, "intake/start.html")


@methods("GET")
@compressed
def helplines(request: HttpRequest, code: str = "") -> HttpResponse:
    """The helplines of the operator's country, which a browser may change, or of a chosen one."""
    context = {
        "chosen": _country(code or settings.COUNTRY),
        "follows": not code,
        "countries": countries_by_name(get_language()),
    }
    return render(request, "intake/helplines.html", context)


@methods("GET")
@compressed
def helpline_parts(request: HttpRequest, code: str) -> HttpResponse:
    """The parts about one country's helplines, for pages whose reader is there."""
    return render(request, "helplines/parts_of_country.html", {"home_country": _country(code)})


@methods("GET")
@compressed
def threatened(request: HttpRequest) -> HttpResponse:
    """What helps when someone is threatening."""
    return render(request, "intake/threatened.html")


@methods("GET")
@compressed
def privacy(request: HttpRequest) -> HttpResponse:
    """What we keep and who sees it."""
    return render(request, "intake/privacy.html")


@methods("GET")
@compressed
def accessibility(request: HttpRequest) -> HttpResponse:
    """How these pages are made to work for everybody, and where they don't yet."""
    return render(request, "intake/accessibility.html")


def _country(code: str) -> Country:
    try:
        return country(code)
    except UnknownCountryError as error:
        raise Http404 from error


# Our Punjabi is in Gurmukhi. Where it is written in Arabic letters, people read Urdu at school.
_READ_IN = {"pa-arab": "ur", "pa-arab-pk": "ur", "pa-pk": "ur"}


def _preferred_language(request: HttpRequest) -> str:
    for code, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        try:
            return get_supported_language_variant(_READ_IN.get(code, code))
        except LookupError:
            continue
    return settings.LANGUAGE_CODE
