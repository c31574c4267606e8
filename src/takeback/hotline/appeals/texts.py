"""Short texts of appeals that Python chooses."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from takeback.hotline.appeals.domain import Answer

PICK_PLATFORM = _("Pick the website or app that stopped it.")
REFERENCE_NEEDED = _("Copy the number that they showed you.")
TOO_LONG = _("That is too long. Please make it shorter.")

ANSWERS: Mapping[str, Promise] = {
    "": _("We have not looked at it yet. Please come back in a few days."),
    Answer.TAKEN_OFF: _("You were right. The code of that picture is off our list now."),
    Answer.STAYS: _("We looked, and it stays stopped. We can't tell you more about it."),
    Answer.NOT_FOUND: _("We could not find your number. Please ask the website for it again."),
}
