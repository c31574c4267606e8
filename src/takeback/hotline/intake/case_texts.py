"""Short texts of the case afterwards that Python chooses: errors, days, what a card says."""

from datetime import date

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from takeback.hotline.intake.domain.timeline import Summary

TOO_MANY_PICTURES = gettext_lazy("A case can have 50 pictures. Please remove some of these.")
MOST_EVER_REACHED = gettext_lazy(
    "A case can have 200 pictures in all. Those we stopped looking for count, too. "
    "You can start a new case."
)
TOO_MANY_IN_CASE = gettext_lazy("A case can have 20 web addresses. Please take some out.")


def there_already(numbers: list[int]) -> str:
    """What is said of files that the case has: `numbers`, of the pictures that they are."""
    found = [_("You added this before. It is picture %(number)s.") % {"number": n} for n in numbers]
    return " ".join([*found, _("We look for copies of it already, so we left it out.")])


def added_beside(count: int, numbers: list[int]) -> str:
    """What the case says after adding files of which it had some, the pictures `numbers`."""
    added = ngettext("%(count)s picture is added.", "%(count)s pictures are added.", count)
    there = [_("Picture %(number)s was there already.") % {"number": n} for n in numbers]
    return " ".join([added % {"count": count}, *there] if count else there)


def day_words(day: date, today: date) -> str:
    """A day as people say it: today, yesterday, or its date."""
    match (today - day).days:
        case 0:
            return _("Today")
        case 1:
            return _("Yesterday")
        case _:
            return date_format(day, "DATE_FORMAT")


def last_stop(day: date, today: date) -> str:
    """When the last copy was stopped."""
    match (today - day).days:
        case 0:
            return _("The last one was today.")
        case 1:
            return _("The last one was yesterday.")
        case _:
            return _("The last one was on %(day)s.") % {"day": date_format(day, "DATE_FORMAT")}


def not_looked_for(summary: Summary, living: int) -> str:
    """What the card says of pictures that nobody looks for; empty without any.

    `living`: how many pictures of the case were not withdrawn.
    """
    count = living - summary.in_force
    if count <= 0:
        return ""
    text = ngettext(
        "%(count)s picture is not looked for just now.",
        "%(count)s pictures are not looked for just now.",
        count,
    )
    return text % {"count": count}


def calm_words(
    summary: Summary, pictures: int, *, websites_look: bool
) -> tuple[str | Promise, str | Promise]:
    """What the card says while no copy was stopped: a heading and a sentence.

    `pictures`: how many the case ever had; `websites_look`: whether any is known to look for copies
    of pictures of this hotline, if not of these yet.
    """
    if summary.left_up:
        return (
            _("A copy was seen"),
            _("A website saw it and did not stop it. You can report it there, too."),
        )
    if summary.looking:
        return _("Websites are looking"), _("No copy seen so far. That can be good news.")
    if summary.in_force:
        return (
            _("The code is on our list"),
            _("Websites get the code in the next minutes.")
            if websites_look
            else _("No website has told us yet that it looks. Please come back later."),
        )
    if summary.looked_at_first:
        return (
            _("A person here looks first"),
            _("They see the code, not the picture. Then websites can look for copies."),
        )
    if pictures:
        return _("We look for no copies now"), _("You can add a picture at any time.")
    return _("Your case is saved"), _("You can add a picture here, too.")
