"""What each published number counts."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIGURES: Mapping[str, Promise] = {
    "in_force": _("Codes of pictures on our list now"),
    "withdrawn": _("Codes of pictures that came off the list for good"),
    "held": _("Codes of pictures that wait until a person has looked"),
    "suspended": _("Codes of pictures that are off the list for now"),
    "imported": _("Codes of pictures that we pass on from lists of other people"),
    "resumed": _("Times that a code was put back"),
    "appeals_received": _("Times that people told us of a mistake"),
    "appeals_answered": _("Times that we answered them"),
    "appeals_right": _("Times that they were right"),
}
