"""What every page needs: the site's name, helplines, languages, and where its links lead."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language, get_language_bidi

from takeback.hotline.helplines.countries import country


def page(request: HttpRequest) -> dict[str, Any]:
    """Django's context processor; asks neither the database nor the session."""
    return {
        "site_name": settings.SITE_NAME,
        "language": get_language(),
        "direction": "rtl" if get_language_bidi() else "ltr",
        "unreviewed": get_language() in settings.UNREVIEWED_LANGUAGES,
        "languages": [
            {"code": code, "name": name, "path": _in_language(request.path, code)}
            for code, name in settings.LANGUAGES
        ],
        "home_country": country(settings.COUNTRY),
        "home_route": settings.HOME_ROUTE,
        "leave_route": settings.LEAVE_ROUTE,
        "helplines_route": settings.HELPLINES_ROUTE,
        "helpline_parts_route": settings.HELPLINE_PARTS_ROUTE,
        "footer_links": [{"route": route, "text": text} for route, text in settings.FOOTER_LINKS],
    }


def _in_language(path: str, code: str) -> str:
    """The path of the same page in another language; the default language has no prefix."""
    first, _, rest = path.removeprefix("/").partition("/")
    plain = f"/{rest}" if first in dict(settings.LANGUAGES) else path
    return plain if code == settings.LANGUAGE_CODE else f"/{code}{plain}"
