"""The two small files that browsers and robots ask for by name."""

from django.http import HttpRequest, HttpResponse

from takeback.hotline.pages.methods import methods

# A plain grey dot: it says nothing in a row of tabs.
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<circle cx="8" cy="8" r="6" fill="#767676"/></svg>\n'
)
# An operator links to the service from a page of its own; copies in a search engine help nobody.
_ROBOTS = "User-agent: *\nDisallow: /\n"


@methods("GET")
def icon(request: HttpRequest) -> HttpResponse:
    """The neutral icon of every page."""
    return HttpResponse(_ICON, content_type="image/svg+xml")


@methods("GET")
def robots(request: HttpRequest) -> HttpResponse:
    """Asks search engines to stay away."""
    return HttpResponse(_ROBOTS, content_type="text/plain; charset=utf-8")
