"""Short texts that young people read and that Python chooses: labels, errors, sentences."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from takeback.hotline.intake.domain.answers import AgeBand, Have, Threat
from takeback.hotline.intake.domain.web_address import AddressProblem

AGE_BANDS: Mapping[AgeBand, Promise] = {
    AgeBand.UNDER_13: pgettext_lazy("age", "Under 13"),
    AgeBand.FROM_13_TO_15: pgettext_lazy("age", "13 to 15"),
    AgeBand.FROM_16_TO_17: pgettext_lazy("age", "16 or 17"),
    AgeBand.ADULT: pgettext_lazy("age", "18 or over"),
}

THEN: Mapping[str, Promise] = {
    "yes": _("Yes, I was under 18"),
    "no": _("No, I was 18 or over"),
}

HAVE: Mapping[Have, Promise] = {
    Have.PICTURES: _("I have the picture"),
    Have.ADDRESSES: _("I have the web address where it is"),
    Have.BOTH: _("I have both"),
    Have.NEITHER: _("I have neither"),
}

THREAT: Mapping[Threat, Promise] = {
    Threat.YES: _("Yes, someone is threatening me"),
    Threat.NO: pgettext_lazy("threat", "No"),
    Threat.NOT_SAID: _("I would rather not say"),
}

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
