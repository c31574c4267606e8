"""What is said of a service: sentences for what it does, short words for what it needs."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from takeback.hotline.reach.facts import Account, Ages, Does, Service

DOES: Mapping[Does, Promise] = {
    Does.CODES: gettext_lazy("It gives apps a code of your picture. They can look for copies."),
    Does.REMOVAL: gettext_lazy("They ask websites to take the picture down."),
    Does.ADVICE: gettext_lazy("They listen and tell you what you can do."),
}

_AGES: Mapping[Ages, Promise] = {
    Ages.UNDER_18: gettext_lazy("Under 18 in the picture"),
    Ages.ADULTS: gettext_lazy("18 or over in the picture"),
}

_ACCOUNT: Mapping[Account, Promise] = {
    Account.NONE: gettext_lazy("No account"),
    Account.OWN_NAME_NOT_NEEDED: gettext_lazy("You make an account. Any name will do."),
    Account.IDENTITY: gettext_lazy("They ask who you are. A grown-up can help."),
}


def facts_of(service: Service) -> list[str]:
    """What a young person needs to know before they go there, each a few words."""
    words = [str(_AGES[service.for_ages])] if service.for_ages in _AGES else []
    if service.free:
        words.append(gettext("Free"))
    if service.upload:
        words.append(gettext("You show them the picture, or where it is"))
    elif service.does is Does.CODES:
        words.append(gettext("Your picture stays on your phone"))
    words.append(str(_ACCOUNT[service.account]))
    if service.from_age is not None:
        age = {"age": service.from_age}
        words.append(gettext("Under %(age)s, a parent does it for you") % age)
    return words
