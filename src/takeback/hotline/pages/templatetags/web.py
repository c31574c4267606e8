"""`{% web_asset "reporter.css" %}`, `{% web_script "reporter.js" %}`: files that were built.

Where none was built they give nothing, so that a page works plainly.
"""

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from takeback.hotline.pages.web_build import WebBuildMissingError, asset_url, imports_of

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


@register.simple_tag
def web_script(name: str) -> str | SafeString:
    """The element of a script, after those that have the browser fetch at once what it imports.

    Its priority is low: a page is read before it is pressed.
    """
    address = web_asset(name)
    if not address:
        return ""
    imported = ((each,) for each in imports_of(name))
    return format_html_join(
        "", '<link rel="modulepreload" href="{}" fetchpriority="low">', imported
    ) + format_html('<script type="module" src="{}" fetchpriority="low"></script>', address)
