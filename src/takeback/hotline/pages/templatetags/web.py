"""`{% web_asset "reporter.js" %}`: the address of a built file, or nothing where none was built."""

from django import template
from django.conf import settings

from takeback.hotline.pages.web_build import WebBuildMissingError, asset_url

register = template.Library()


@register.simple_tag
def web_asset(name: str) -> str:
    """The address of `name`; without a build an empty string, so that a page works plainly.

    With `DEBUG` the error is raised instead.
    """
    try:
        return asset_url(name)
    except WebBuildMissingError:
        if settings.DEBUG:
            raise
        return ""
