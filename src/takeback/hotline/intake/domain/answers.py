"""What a young person can answer, as types; and their plain JSON form for the sealed session."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from takeback.hotline.intake.domain.pictures import Picture

MAX_ADDRESSES = 20


class AgeBand(StrEnum):
    """The reporter's own age band; it does not nest with the bands of assessed pictures."""

    UNDER_13 = "under_13"
    FROM_13_TO_15 = "13_15"
    FROM_16_TO_17 = "16_17"
    ADULT = "18_over"


class Have(StrEnum):
    """What the young person has to go on."""

    PICTURES = "pictures"
    ADDRESSES = "addresses"
    BOTH = "both"
    NEITHER = "neither"


class Threat(StrEnum):
    """Whether someone is threatening them."""

    YES = "yes"
    NO = "no"
    NOT_SAID = "not_said"


@dataclass(frozen=True)
class Answers:
    """All answers so far; None is a question not answered yet, an empty tuple one left empty."""

    age: AgeBand | None = None
    under_18_then: bool | None = None
    have: Have | None = None
    pictures: tuple[Picture, ...] | None = None
    addresses: tuple[str, ...] | None = None
    threat: Threat | None = None
    threat_help_read: bool = False
    apps: tuple[str, ...] | None = None
    checked: bool = False

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
            age=AgeBand(value["age"]) if value["age"] else None,
            under_18_then=value["under_18_then"],
            have=Have(value["have"]) if value["have"] else None,
            pictures=None if pictures is None else tuple(map(Picture.from_json, pictures)),
            addresses=_tuple(value["addresses"]),
            threat=Threat(value["threat"]) if value["threat"] else None,
            threat_help_read=value["threat_help_read"],
            apps=_tuple(value["apps"]),
            checked=value["checked"],
        )


@dataclass(frozen=True)
class Report:
    """What is sent: only the answers to questions that were asked on the way."""

    age: AgeBand
    under_18_then: bool | None
    pictures: tuple[Picture, ...]
    addresses: tuple[str, ...]
    threat: Threat
    apps: tuple[str, ...]


def _tuple(values: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
