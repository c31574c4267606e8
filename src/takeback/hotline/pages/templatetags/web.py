"""`{% web_style "reporter.css" %}`, `{% web_script "reporter.js" %}`: files that were built.

Where none was built they give nothing, so that a page works plainly. With `DEBUG`
WebBuildMissingError is raised instead.
"""

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from takeback.hotline.pages.web_build import WebBuildMissingError, asset_url, imports_of

register = template.Library()


@register.simple_tag
def web_style(name: str) -> str | SafeString:
    """The element of a style."""
    address = _address(name)
    return format_html('<link rel="stylesheet" href="{}">', address) if address else ""


@register.simple_tag
def web_script(name: str) -> str | SafeString:
    """The element of a script, after those that have the browser fetch at once what it imports.

    Its priority is low: a page is read before it is pressed.
    """
    address = _address(name)
    if not address:
        return ""
    imported = ((each,) for each in imports_of(name))
    return format_html_join(
        "", '<link rel="modulepreload" href="{}" fetchpriority="low">', imported
    ) + format_html('<script type="module" src="{}" fetchpriority="low"></script>', address)


def _address(name: str) -> str:
    try:
        return asset_url(name)
    except WebBuildMissingError:
        if settings.DEBUG:
            raise
        return ""
