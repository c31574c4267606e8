"""What a young person can answer, as types; and their plain JSON form for the sealed session."""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from takeback.hotline.intake.domain.pictures import Picture


class Door(StrEnum):
    """How somebody came in: the doors of the start page, and the one of the page for grown-ups."""

    THREAT = "threat"
    COPIES = "copies"
    HELPER = "helper"


class AgeBand(StrEnum):
    """The age band of the young person; it does not nest with the bands of assessed pictures."""

    UNDER_13 = "under_13"
    FROM_13_TO_15 = "13_15"
    FROM_16_TO_17 = "16_17"
    ADULT = "18_over"


class Threat(StrEnum):
    """Whether someone is threatening them."""

    YES = "yes"
    NO = "no"
    NOT_SAID = "not_said"


@dataclass(frozen=True)
class Answers:
    """All answers so far; None is a question not answered yet."""

    came_threatened: bool = False
    """Whether they came in by the door for whoever is threatened."""
    helper: bool = False
    """Whether a grown-up answers for the young person."""
    age: AgeBand | None = None
    under_18_then: bool | None = None
    """Asked together with the age of whoever is 18 or over now."""
    threat: Threat | None = None
    threat_help_read: bool = False
    pictures: tuple[Picture, ...] | None = None
    lacks_pictures: bool = False
    has_address: bool | None = None
    """Asked of whoever lacks the pictures."""

    @property
    def grown_up_then(self) -> bool:
        """Whether the picture is of somebody who was 18 or over in it; not before they said so."""
        return self.age is AgeBand.ADULT and not self.under_18_then

    @classmethod
    def of_door(cls, door: Door, *, threat_help_read: bool = False) -> "Answers":
        """What somebody has said by the door they took."""
        threatened = door is Door.THREAT
        return cls(
            came_threatened=threatened,
            helper=door is Door.HELPER,
            threat=Threat.YES if threatened else None,
            threat_help_read=threatened and threat_help_read,
        )

    def to_json(self) -> dict[str, Any]:
        """A value that `json` can write."""
        value: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        if self.pictures is not None:
            value["pictures"] = [picture.to_json() for picture in self.pictures]
        return value

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Answers":
        """Undo `to_json`. The value comes from our own sealed session, never from a request."""
        pictures = value["pictures"]
        return cls(
            came_threatened=value["came_threatened"],
            helper=value["helper"],
            age=AgeBand(value["age"]) if value["age"] else None,
            under_18_then=value["under_18_then"],
            threat=Threat(value["threat"]) if value["threat"] else None,
            threat_help_read=value["threat_help_read"],
            pictures=None if pictures is None else tuple(map(Picture.from_json, pictures)),
            lacks_pictures=value["lacks_pictures"],
            has_address=value["has_address"],
        )


@dataclass(frozen=True)
class Report:
    """What is sent: only the answers to questions that were asked on the way.

    `helper`: a grown-up sent it for the young person whose `age` is given. Without `pictures` it
    makes a case that web addresses are added to.
    """

    age: AgeBand
    under_18_then: bool | None
    helper: bool
    threat: Threat
    pictures: tuple[Picture, ...]
