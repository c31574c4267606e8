"""Hands out the harmless pictures with which engineers try their gates."""

from django.http import Http404, HttpRequest, HttpResponse

from takeback.hotline.pages.methods import methods
from takeback.hotline.planted.drawn_pictures import drawn_png
from takeback.hotline.planted.test_lane import drawn_pictures_are_listed


@methods("GET")
def picture(request: HttpRequest, number: int) -> HttpResponse:
    """Answer with a picture of the test lane; with 404 while it would stop nowhere."""
    if not drawn_pictures_are_listed():
        raise Http404
    try:
        return HttpResponse(drawn_png(number), content_type="image/png")
    except ValueError as error:
        raise Http404 from error
