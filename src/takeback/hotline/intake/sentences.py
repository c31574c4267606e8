"""The lines of a timeline in plain sentences."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from takeback.hotline.feedback.domain import Removal
from takeback.hotline.intake.domain.timeline import Happening, Line


@dataclass(frozen=True)
class Sentence:
    """One line of the timeline: when it became true, and what is said.

    `pictures`: of how many it is, 0 where that is one or the text says it; `icon`: the name of a
    drawing in pages/icons; `good`: whether it is good news.
    """

    day: date
    kind: Happening
    text: str
    pictures: int
    icon: str
    good: bool


def of_line(line: Line) -> Sentence:
    """The sentence of a line, in the language of this request."""
    pictures = len(line.numbers)
    return Sentence(
        line.day,
        line.kind,
        _text(line),
        pictures if pictures > 1 and line.kind not in _SAYS_HOW_MANY else 0,
        _ICONS[line.kind],
        line.kind in {Happening.STOPPED, Happening.HELD},
    )


_SAYS_HOW_MANY = frozenset(
    {Happening.FETCHED, Happening.GOT, Happening.LISTED, Happening.WITHDRAWN}
)

_ICONS = {
    Happening.LISTED: "up",
    Happening.LOOKED_AT_FIRST: "people",
    Happening.OFF_FOR_NOW: "clock",
    Happening.TAKEN_OFF: "block",
    Happening.WITHDRAWN: "hand",
    Happening.FETCHED: "eye",
    Happening.GOT: "up",
    Happening.STOPPED: "shield",
    Happening.HELD: "shield",
    Happening.LEFT_UP: "message",
    Happening.NOT_THE_SAME: "people",
}


def of_removal(removal: Removal) -> str:
    """How far what was withdrawn is off the lists of others; empty if nobody had got it."""
    sentences = [_of_those_who_say(removal)] if removal.of else []
    if removal.silent:
        sentences.append(_("Some websites do not tell us if they have removed it."))
    return " ".join(sentences)


def _of_those_who_say(removal: Removal) -> str:
    if removal.done < removal.of:
        text = ngettext(
            "%(count)s website has not removed it from its list yet.",
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


def _text(line: Line) -> str:
    pictures = len(line.numbers)
    values = {"platform": line.platform, "count": line.count, "pictures": pictures}
    match line.kind:
        case Happening.STOPPED:
            text = ngettext(
                "%(platform)s stopped a copy.",
                "%(platform)s stopped %(count)s copies.",
                line.count,
            )
        case Happening.HELD:
            text = ngettext(
                "%(platform)s stopped a copy for now. A person there will look at it.",
                "%(platform)s stopped %(count)s copies for now. A person there will look at them.",
                line.count,
            )
        case Happening.LEFT_UP:
            text = ngettext(
                "%(platform)s saw a copy and did not stop it.",
                "%(platform)s saw %(count)s copies and did not stop them.",
                line.count,
            )
        case Happening.FETCHED:
            text = ngettext(
                "%(platform)s looks for copies now.",
                "%(platform)s looks for copies of %(pictures)s pictures now.",
                pictures,
            )
        case Happening.GOT:
            text = ngettext(
                "%(platform)s got the code of this picture.",
                "%(platform)s got the codes of %(pictures)s pictures.",
                pictures,
            )
        case Happening.LISTED:
            text = ngettext(
                "You put the code of this picture on our list.",
                "You put the codes of %(pictures)s pictures on our list.",
                pictures,
            )
        case Happening.WITHDRAWN:
            text = ngettext(
                "You asked us to stop looking for copies of this picture.",
                "You asked us to stop looking for copies of %(pictures)s pictures.",
                pictures,
            )
        case Happening.LOOKED_AT_FIRST:
            text = _("We got the code of this picture. A person here looks at the code first.")
        case Happening.OFF_FOR_NOW:
            text = _(
                "We took the code of this picture off our list for now. "
                "A person here checks it again."
            )
        case Happening.TAKEN_OFF:
            text = _("A person here looked. The code of this picture is not on our list any more.")
        case Happening.NOT_THE_SAME:
            text = _("A website says it stopped the wrong picture. It was not yours.")
    return text % values
