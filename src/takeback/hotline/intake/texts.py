"""Short texts that young people read and that Python chooses: labels, errors, sentences."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from takeback.hotline.intake.domain.answers import AgeBand, Threat
from takeback.hotline.intake.domain.web_address import AddressProblem

ADULT_UNDER_18_THEN = "18_over_under_18_then"
ADULT_THEN = "18_over_then"

OWN_AGES: Mapping[str, Promise] = {
    AgeBand.UNDER_13: pgettext_lazy("age", "Under 13"),
    AgeBand.FROM_13_TO_15: pgettext_lazy("age", "13 to 15"),
    AgeBand.FROM_16_TO_17: pgettext_lazy("age", "16 or 17"),
    ADULT_UNDER_18_THEN: _("18 or over now, under 18 in the picture"),
    ADULT_THEN: _("18 or over, in the picture too"),
}
"""The answers to "How old are you?"; one tap says all that the way depends on."""

THEIR_AGES: Mapping[str, Promise] = {
    age: OWN_AGES[age] for age in (AgeBand.UNDER_13, AgeBand.FROM_13_TO_15, AgeBand.FROM_16_TO_17)
}
"""The answers of a grown-up who helps somebody under 18."""

THREATS: Mapping[Threat, Promise] = {
    Threat.YES: _("Yes, someone is threatening me"),
    Threat.NO: pgettext_lazy("threat", "No"),
    Threat.NOT_SAID: _("I would rather not say"),
}

THREATS_TO_OTHERS: Mapping[Threat, Promise] = {
    Threat.YES: _("Yes, someone is threatening them"),
    Threat.NO: pgettext_lazy("threat", "No"),
    Threat.NOT_SAID: _("We don't know"),
}

INSTEAD: Mapping[str, Promise] = {
    "address": _("I know the web address where it is"),
    "neither": _("I have neither"),
}

CASE_UNKNOWN = _(
    "We have no report with this code. A number may be wrong, Send was not pressed, or you "
    "ended it."
)
PICK_ONE = _("Pick one of the answers.")
PICTURE_NEEDED = _("Pick at least one picture.")
PICTURES_BROKEN = _("Something went wrong with the list of pictures. Please pick them again.")
ADDRESS_NEEDED = _("Give at least one web address.")
TOO_MANY_ADDRESSES = _("That is more than 20 web addresses. Please take some out.")

ADDRESS_PROBLEMS: Mapping[AddressProblem, Promise] = {
    AddressProblem.TOO_LONG: _("Line %(line)s is too long for a web address."),
    AddressProblem.SPACES: _("Line %(line)s has a space or a sign that web addresses can't have."),
    AddressProblem.OTHER_SCHEME: _("Line %(line)s should start with https:// or http://"),
    AddressProblem.PASSWORD: _("Line %(line)s has an @ before the website. Please take it out."),
    AddressProblem.NO_WEBSITE: _("Line %(line)s does not look like a web address yet."),
}
