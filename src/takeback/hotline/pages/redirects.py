"""Redirects after a form, so that reloading a page never sends it again."""

from django.http import HttpResponseRedirect
from django.urls import reverse


class SeeOther(HttpResponseRedirect):
    """303: get the other page, whatever the method was."""

    status_code = 303


def see_other(route: str) -> SeeOther:
    """Go to a page of ours by the name of its route, in the language of this request."""
    return SeeOther(reverse(route))
