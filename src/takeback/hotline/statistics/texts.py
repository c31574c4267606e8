"""What each published number counts."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIGURES: Mapping[str, Promise] = {
    "in_force": _("Pictures on our list now"),
    "withdrawn": _("Pictures that came off the list for good"),
    "held": _("Pictures that wait until a person has looked"),
    "suspended": _("Pictures that are off the list for now"),
    "imported": _("Pictures that we pass on from lists of other people"),
    "resumed": _("Times that a picture was put back"),
    "appeals_received": _("Times that people told us of a mistake"),
    "appeals_answered": _("Times that we answered them"),
    "appeals_right": _("Times that they were right"),
}
