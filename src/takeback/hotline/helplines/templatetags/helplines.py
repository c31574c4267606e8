"""Filters that turn keys of data files into the reader's language."""

from collections.abc import Iterable

from django import template
from django.utils.functional import Promise
from django.utils.translation import pgettext

from takeback.hotline.helplines import texts

register = template.Library()


@register.filter
def hours(key: str) -> Promise:
    """When a helpline can be reached."""
    return texts.HOURS[key]


@register.filter
def country_name(name: str) -> str:
    """A country of the helplines in the reader's language."""
    return str(texts.COUNTRY_NAMES[name])


@register.filter
def language_names(codes: Iterable[str]) -> str:
    """The languages a helpline speaks, in the reader's own language."""
    # Translators: what stands between two names of languages in a list.
    return pgettext("list", ", ").join(str(texts.LANGUAGE_NAMES[code]) for code in codes)
