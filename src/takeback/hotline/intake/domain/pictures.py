"""The record of a picture or video that the browser sends: fingerprints only, read strictly."""

import json
import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, TypeGuard
from uuid import UUID

from takeback.signals.pdq import MAX_QUALITY

MAX_PICTURES = 50
LOWEST_QUALITY = 50
"""Below this a PDQ says too little to tell pictures apart: the reference implementation's
documentation advises to drop qualities up to 49 (ThreatExchange, `pdq/README.md`)."""

MAX_CROPS = 24
"""Our pages send fewer; an entry of the list has room for this many and three more signals."""

_HEX_64 = re.compile(r"[0-9a-f]{64}")
_HEX_32 = re.compile(r"[0-9a-f]{32}")
_FIELDS = {"id", "kind", "pdq", "quality", "crops", "sha256", "md5"}
_CROP_FIELDS = {"pdq", "quality"}


class BadPicturesError(ValueError):
    """The records are not what our pages send."""


class TooManyPicturesError(BadPicturesError):
    """More than `MAX_PICTURES`."""


class Kind(StrEnum):
    """What the browser found the file to be, by its first bytes."""

    PICTURE = "picture"
    VIDEO = "video"
    """Exact fingerprints only."""


@dataclass(frozen=True)
class Crop:
    """A part that a copy may be cut down to; `pdq` and `quality` as of a whole picture."""

    pdq: str
    quality: int

    @classmethod
    def from_json(cls, record: object) -> "Crop":
        """Read one crop. Raises BadPicturesError when anything is missing, odd or too much."""
        if not isinstance(record, dict) or set(record) != _CROP_FIELDS:
            raise BadPicturesError("A crop has other fields.")
        pdq, quality = record["pdq"], record["quality"]
        if not (_is_hex(_HEX_64, pdq) and _is_quality(quality)):
            raise BadPicturesError("A PDQ is 64 hexadecimal digits with a quality of 0 to 100.")
        return cls(pdq, quality)


@dataclass(frozen=True)
class Picture:
    """One picture: `pdq` 64 hex digits and `quality` 0–100, both None if it could not be decoded.

    A video never has them. `crops` are its parts, so that a copy that was cut down is found too.
    `sha256` (64 hex digits) and `md5` (32) are of the file; `id` is random, made in the browser.
    """

    id: UUID
    pdq: str | None
    quality: int | None
    crops: tuple[Crop, ...]
    sha256: str
    md5: str
    kind: Kind = Kind.PICTURE

    @property
    def exact_only(self) -> bool:
        """Whether only unchanged copies can be found."""
        return self.pdq is None or self.quality is None or self.quality < LOWEST_QUALITY

    def to_json(self) -> dict[str, Any]:
        """The record as the browser writes it."""
        return asdict(self) | {"id": str(self.id), "crops": [asdict(crop) for crop in self.crops]}

    @classmethod
    def from_json(cls, record: object) -> "Picture":
        """Read one record. Raises BadPicturesError when anything is missing, odd or too much."""
        if not isinstance(record, dict) or set(record) != _FIELDS:
            raise BadPicturesError("A picture record has other fields.")
        kind, pdq, quality = _kind(record["kind"]), record["pdq"], record["quality"]
        if kind is Kind.VIDEO and pdq is not None:
            raise BadPicturesError("A video has no PDQ.")
        if (pdq is None) != (quality is None):
            raise BadPicturesError("PDQ and quality belong together.")
        if pdq is not None and not (_is_hex(_HEX_64, pdq) and _is_quality(quality)):
            raise BadPicturesError("A PDQ is 64 hexadecimal digits with a quality of 0 to 100.")
        crops = record["crops"]
        if not isinstance(crops, list) or len(crops) > MAX_CROPS or (crops and pdq is None):
            raise BadPicturesError(f"A picture that was decoded has at most {MAX_CROPS} crops.")
        sha256, md5 = record["sha256"], record["md5"]
        if not (_is_hex(_HEX_64, sha256) and _is_hex(_HEX_32, md5)):
            raise BadPicturesError("A digest has the wrong length.")
        return cls(
            _uuid(record["id"]), pdq, quality, tuple(map(Crop.from_json, crops)), sha256, md5, kind
        )


def read_pictures(text: str) -> tuple[Picture, ...]:
    """Read the JSON list of the form; a picture that is in it twice counts once.

    Raises BadPicturesError when it is not such a list, TooManyPicturesError when it is too long.
    """
    try:
        records = json.loads(text or "[]")
    except (ValueError, RecursionError) as error:
        raise BadPicturesError("The picture list is not JSON.") from error
    if not isinstance(records, list):
        raise BadPicturesError("The picture list is not a list.")
    if len(records) > MAX_PICTURES:
        raise TooManyPicturesError(f"A report has at most {MAX_PICTURES} pictures.")
    pictures: dict[str, Picture] = {}
    for picture in map(Picture.from_json, records):
        pictures.setdefault(picture.sha256, picture)
    if len({picture.id for picture in pictures.values()}) != len(pictures):
        raise BadPicturesError("Two pictures have one id.")
    return tuple(pictures.values())


def _kind(value: object) -> Kind:
    try:
        return Kind(value if isinstance(value, str) else "")
    except ValueError as error:
        raise BadPicturesError("A record is of a picture or of a video.") from error


def _is_hex(pattern: re.Pattern[str], value: object) -> TypeGuard[str]:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_quality(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= MAX_QUALITY


def _uuid(value: object) -> UUID:
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError as error:
        raise BadPicturesError("A picture id is a UUID.") from error
