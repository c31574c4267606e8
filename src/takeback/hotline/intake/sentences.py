"""The facts of a timeline in plain sentences."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from takeback.hotline.feedback.domain import Removal
from takeback.hotline.intake.domain.timeline import Fact, Happening


@dataclass(frozen=True)
class Sentence:
    """One line of the timeline: the day it became true, and what is said of it."""

    day: date
    kind: Happening
    text: str


def of_fact(fact: Fact) -> Sentence:
    """The sentence of a fact, in the language of this request."""
    return Sentence(fact.day, fact.kind, _text(fact))


def of_removal(removal: Removal) -> str:
    """How far what was taken back is off the lists of others; empty if nobody had got it."""
    sentences = [_of_those_who_say(removal)] if removal.of else []
    if removal.silent:
        sentences.append(_("Some websites do not tell us if they have removed it."))
    return " ".join(sentences)


def _of_those_who_say(removal: Removal) -> str:
    if removal.done < removal.of:
        text = ngettext(
            "%(done)s of %(count)s website has removed it from its list so far.",
            "%(done)s of %(count)s websites have removed it from their list so far.",
            removal.of,
        )
    else:
        text = ngettext(
            "%(count)s website had got it, and has removed it from its list.",
            "All %(count)s websites that had got it have removed it from their list.",
            removal.of,
        )
    return text % {"done": removal.done, "count": removal.of}


def _text(fact: Fact) -> str:
    values = {"platform": fact.platform, "count": fact.count}
    match fact.kind:
        case Happening.LISTED:
            return _("You put this picture on our list.")
        case Happening.LOOKED_AT_FIRST:
            return _("We got the code of this picture. A person here looks at the code first.")
        case Happening.OFF_FOR_NOW:
            return _("We took this picture off our list for now. A person here checks it again.")
        case Happening.TAKEN_OFF:
            return _("A person here looked. This picture is not on our list any more.")
        case Happening.FETCHED:
            return _("%(platform)s got the code of this picture. It looks for copies now.") % values
        case Happening.STOPPED:
            text = ngettext(
                "%(platform)s says it stopped a copy.",
                "%(platform)s says it stopped %(count)s copies.",
                fact.count,
            )
        case Happening.HELD:
            text = ngettext(
                "%(platform)s stopped a copy for now. A person there will look at it.",
                "%(platform)s stopped %(count)s copies for now. A person there will look at them.",
                fact.count,
            )
        case Happening.LEFT_UP:
            text = ngettext(
                "%(platform)s saw a copy and did not stop it.",
                "%(platform)s saw %(count)s copies and did not stop them.",
                fact.count,
            )
        case Happening.NOT_THE_SAME:
            text = _("A website looked at a picture. It says it is not the same one.")
    return text % values
