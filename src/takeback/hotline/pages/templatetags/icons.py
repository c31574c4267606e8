"""`{% icon "phone" %}`: one of our own drawings, beside words that say the same."""

from functools import cache
from pathlib import Path

from django import template
from django.utils.safestring import SafeString

_FOLDER = Path(__file__).parents[1] / "icons"

register = template.Library()


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """The SVG of `pages/icons/<name>.svg`, hidden from screen readers.

    One stroke with round ends on a grid of 24 units, in the colour of the text around it. Raises
    FileNotFoundError for a name that has no file.
    """
    drawing = (_FOLDER / f"{name}.svg").read_text(encoding="utf-8").strip()
    attributes = f'class="app-icon app-icon--{name}" aria-hidden="true" focusable="false"'
    return SafeString(drawing.replace("<svg ", f"<svg {attributes} ", 1))
