"""Filters that turn what the data files hold into the reader's language."""

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.translation import get_language

from takeback.hotline.helplines import names, texts
from takeback.hotline.helplines.domain import lines, openness
from takeback.hotline.helplines.domain.lines import Country, Helpline
from takeback.hotline.helplines.domain.openness import Openness, Standing

register = template.Library()


@register.filter
def hours(line: Helpline) -> str:
    """When a helpline can be reached, in words."""
    return texts.hours_in_words(line)


@register.filter
def standing(line: Helpline, country: Country | str) -> Standing:
    """What may be said of a line of this country now; nothing where the country isn't told."""
    if not isinstance(country, Country):
        return Standing(Openness.UNSAID)
    return openness.standing(line, country, timezone.now())


@register.simple_tag(takes_context=True)
def help_lines(context: Context) -> tuple[Helpline, ...]:
    """The lines of `home_country`, first those where somebody answers now.

    Where `grown_up` is set, those for people of 18 and over come before all others.
    """
    country = context.get("home_country")
    if not isinstance(country, Country):
        return ()
    now = timezone.now()
    for_young_people = openness.best_first(country.for_young_people, now)
    if not context.get("grown_up"):
        return for_young_people
    return (*openness.best_first(country.for_adults, now), *for_young_people)


@register.filter
def seems_closed(line: Helpline | str) -> bool:
    """Whether a line is closed now by what anybody said of its hours."""
    return isinstance(line, Helpline) and openness.seems_closed(line, timezone.now())


@register.filter
def opens_at(line: Standing) -> str:
    """The time of day at which a line opens, by its own clock."""
    return "" if line.opens is None else texts.clock(line.opens.time())


@register.filter
def read_on(line: Helpline) -> str:
    """When we read about a line, and how old that page was."""
    return texts.read_in_words(line)


@register.filter
def dial(number: str) -> str:
    """A number for a `tel:` link."""
    return lines.dialled(number)


@register.filter
def country_name(country: Country) -> str:
    """A country in the reader's language."""
    return names.country_name(country.code, get_language())


@register.filter
def language_names(line: Helpline) -> str:
    """The languages a helpline speaks, in the reader's own language."""
    language = get_language()
    return texts.joined(names.language_name(code, language) for code in line.languages)
