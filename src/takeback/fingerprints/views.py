"""View policies: which crops of a picture are listed, and how an upload is looked up.

PDQ finds a copy that shows the whole picture and nothing else. A policy says what is listed beside
the whole (crops) and which views of an upload are looked up (turned, mirrored, without its frame,
cropped a little more), so that each likely copy comes near one of the listed codes. The policies
are data, `views.toml`; docs/views.md says how they were chosen and what they cost.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeVar

from takeback.fingerprints.listable import LEAST_QUALITY_FOR_PARTS
from takeback.fingerprints.luma import Box

DEFAULT_POLICY: Final = "standard"
WHOLE: Final = Box(0.0, 0.0, 1.0, 1.0)
MAX_LISTED_CROPS: Final = 16
MAX_VIEWS: Final = 255
"""A view is named by one byte in the answer of the process that makes it."""

LARGEST_TURN: Final = 10.0
"""Degrees. Beyond, corners are lost that no listed crop leaves out."""

LARGEST_ASPECT: Final = 100
"""Neither side of an aspect may be a larger number."""

_SAME_CROP: Final = 0.02
"""Crops whose edges all lie nearer than this, as a share of the side, have nearly one PDQ."""


_Choice = TypeVar("_Choice", bound=StrEnum)


class ViewPolicyError(ValueError):
    """The policy does not exist, or the file that holds it is malformed."""


class Part(StrEnum):
    """What of an upload a view looks at; all but `whole` are looked for and may not be there."""

    WHOLE = "whole"
    TRIMMED = "trimmed"
    """Without flat borders and bars."""
    UNCAPTIONED = "uncaptioned"
    """Without strips that hold text, such as captions."""
    SHOWN = "shown"
    """The largest thing on a screenshot's ground."""
    LETTERBOXED = "letterboxed"
    """Between the straightest edges above and below, in the full width."""
    EDGED = "edged"
    """Between the straightest edges on all four sides, as a screenshot has them."""
    BORDERED = "bordered"
    """Within a border of one width, even if that shows the picture again, blurred."""
    PIECE = "piece"
    """Each piece of a collage of two."""
    UNBARRED = "unbarred"
    """The whole with a bar across it painted over from what is above and below."""


class Orientations(StrEnum):
    """In how many of PDQ's eight orientations a view is looked up."""

    UPRIGHT = "upright"
    MIRRORED = "mirrored"
    ALL = "all"

    @property
    def places(self) -> tuple[int, ...]:
        """Their places in the order of `dihedral_pdqs`."""
        return _PLACES[self]


_PLACES: Final = {
    Orientations.UPRIGHT: (0,),
    Orientations.MIRRORED: (0, 5),
    Orientations.ALL: tuple(range(8)),
}


@dataclass(frozen=True, slots=True)
class ListedCrop:
    """A part of a picture that is listed beside it: a `box`, or the middle at an `aspect`."""

    name: str
    box: Box | None = None
    aspect: tuple[int, int] | None = None

    def box_in(self, width: int, height: int) -> Box:
        """Return the crop's box in a picture of `width` by `height` pixels."""
        if self.box is not None:
            return self.box
        if self.aspect is None:
            return WHOLE
        across, down = self.aspect
        kept_across = min(1.0, height * across / (width * down))
        kept_down = min(1.0, width * down / (height * across))
        left, top = (1 - kept_across) / 2, (1 - kept_down) / 2
        return Box(left, top, 1 - left, 1 - top)


@dataclass(frozen=True, slots=True)
class UploadView:
    """One way to look at an upload.

    `box` is a crop of the part (shares of it), `degrees` turns its content back, anticlockwise.
    """

    name: str
    part: Part = Part.WHOLE
    box: Box = WHOLE
    degrees: float = 0.0
    orientations: Orientations = Orientations.UPRIGHT

    @property
    def least_listed_quality(self) -> int:
        """The PDQ quality, 0 to 100, that a listed picture needs for this view to match it."""
        return 0 if self.shows_whole else LEAST_QUALITY_FOR_PARTS

    @property
    def shows_whole(self) -> bool:
        """Whether it is of the whole upload, neither cropped nor turned."""
        return self.part is Part.WHOLE and self.box == WHOLE and self.degrees == 0

    def box_in(self, part: Box) -> Box:
        """Return the view's box in the upload, when its part lies at `part`."""
        width, height = part.right - part.left, part.bottom - part.top
        return Box(
            part.left + self.box.left * width,
            part.top + self.box.top * height,
            part.left + self.box.right * width,
            part.top + self.box.bottom * height,
        )


WHOLE_VIEW: Final = UploadView("whole", orientations=Orientations.ALL)
"""The picture as the reference sees it: sampled as the reference does, unlike all other views.
Turned and mirrored too if it is small; of a large one other views show that as well."""


@dataclass(frozen=True, slots=True)
class ViewPolicy:
    """What is listed for a picture beside its whole, and how uploads are looked up.

    `upload` begins with `WHOLE_VIEW`, whatever the policy.
    """

    name: str
    listed: tuple[ListedCrop, ...]
    upload: tuple[UploadView, ...]

    def listed_boxes(self, width: int, height: int) -> dict[str, Box]:
        """Return the boxes of the crops to list for a picture of this size, by name.

        A crop that is nearly the whole picture, or nearly another crop, is left out.
        """
        boxes = {"whole": WHOLE}
        for crop in self.listed:
            box = crop.box_in(width, height)
            if not any(_nearly_same(box, other) for other in boxes.values()):
                boxes[crop.name] = box
        del boxes["whole"]
        return boxes


def load_policy(name: str = DEFAULT_POLICY) -> ViewPolicy:
    """Return a policy of `views.toml`. Raises ViewPolicyError if none has that name."""
    policies = shipped_policies()
    if name not in policies:
        raise ViewPolicyError(
            f"There is no view policy {name!r}. Use one of: {', '.join(policies)}."
        )
    return policies[name]


@cache
def shipped_policies() -> dict[str, ViewPolicy]:
    """Return the policies of `views.toml` by name."""
    return read_policies((files(__package__) / "views.toml").read_text(encoding="utf-8"))


def read_policies(text: str) -> dict[str, ViewPolicy]:
    """Read policies from TOML: a table for each, as `views.toml` describes them.

    Raises ViewPolicyError, which names the place, for anything missing, odd or out of range.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ViewPolicyError(f"The view policies are not valid TOML: {error}.") from error
    policies: dict[str, ViewPolicy] = {}
    for name, table in tables.items():
        policies[name] = _policy(name, table, policies)
    return policies


def _policy(name: str, table: object, known: Mapping[str, ViewPolicy]) -> ViewPolicy:
    fields = _fields(table, name, {"beyond", "listed", "upload"}, required=set())
    base = ViewPolicy(name, (), (WHOLE_VIEW,))
    if "beyond" in fields:
        base = _known_policy(fields["beyond"], f"{name}.beyond", known)
    crops = [
        _listed_crop(entry, f"{name}.listed[{place}]")
        for place, entry in enumerate(_list(fields.get("listed", []), f"{name}.listed"))
    ]
    views = [
        _upload_view(entry, f"{name}.upload[{place}]")
        for place, entry in enumerate(_list(fields.get("upload", []), f"{name}.upload"))
    ]
    for what, names in (
        ("listed", [crop.name for crop in crops]),
        ("upload", [WHOLE_VIEW.name, *(view.name for view in views)]),
    ):
        if len(set(names)) < len(names):
            raise ViewPolicyError(f"{name}.{what} has one name twice.")
    listed = {crop.name: crop for crop in (*base.listed, *crops)}
    upload = {view.name: view for view in (*base.upload, *views)}
    if len(listed) > MAX_LISTED_CROPS:
        raise ViewPolicyError(f"{name}.listed has more than {MAX_LISTED_CROPS} crops.")
    if len(upload) > MAX_VIEWS:
        raise ViewPolicyError(f"{name}.upload has more than {MAX_VIEWS} views.")
    return ViewPolicy(name, tuple(listed.values()), tuple(upload.values()))


def _known_policy(name: object, place: str, known: Mapping[str, ViewPolicy]) -> ViewPolicy:
    if not (isinstance(name, str) and name in known):
        raise ViewPolicyError(f"{place} must be the name of a policy above it.")
    return known[name]


def _listed_crop(entry: object, place: str) -> ListedCrop:
    fields = _fields(entry, place, {"name", "box", "aspect"}, required={"name"})
    if ("box" in fields) == ("aspect" in fields):
        raise ViewPolicyError(f"{place} must have either a box or an aspect.")
    if "box" in fields:
        return ListedCrop(_name(fields["name"], place), box=_box(fields["box"], place))
    aspect = fields["aspect"]
    if not (
        isinstance(aspect, list)
        and len(aspect) == len(("across", "down"))
        and all(type(side) is int and 1 <= side <= LARGEST_ASPECT for side in aspect)
    ):
        raise ViewPolicyError(f"{place}.aspect must be two whole numbers, 1 to {LARGEST_ASPECT}.")
    return ListedCrop(_name(fields["name"], place), aspect=(aspect[0], aspect[1]))


def _upload_view(entry: object, place: str) -> UploadView:
    known = {"name", "part", "box", "degrees", "orientations"}
    fields = _fields(entry, place, known, required={"name"})
    degrees = fields.get("degrees", 0.0)
    if type(degrees) not in (int, float) or not abs(degrees) <= LARGEST_TURN:
        raise ViewPolicyError(f"{place}.degrees must be a number, at most {LARGEST_TURN}.")
    return UploadView(
        name=_name(fields["name"], place),
        part=_one_of(Part, fields.get("part", Part.WHOLE), f"{place}.part"),
        box=_box(fields["box"], place) if "box" in fields else WHOLE,
        degrees=float(degrees),
        orientations=_one_of(
            Orientations, fields.get("orientations", Orientations.UPRIGHT), f"{place}.orientations"
        ),
    )


def _fields(value: object, place: str, known: set[str], required: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ViewPolicyError(f"{place} must be a table.")
    if odd := sorted(set(value) - known):
        raise ViewPolicyError(f"{place} has the unknown field {odd[0]!r}.")
    if missing := sorted(required - set(value)):
        raise ViewPolicyError(f"{place} lacks the field {missing[0]!r}.")
    return value


def _list(value: object, place: str) -> list[object]:
    if not isinstance(value, list):
        raise ViewPolicyError(f"{place} must be a list.")
    return value


def _name(value: object, place: str) -> str:
    if not (isinstance(value, str) and value):
        raise ViewPolicyError(f"{place}.name must be text.")
    return value


def _one_of(choices: type[_Choice], value: Any, place: str) -> _Choice:
    try:
        return choices(value)
    except ValueError:
        raise ViewPolicyError(f"{place} must be one of: {', '.join(choices)}.") from None


def _box(value: object, place: str) -> Box:
    if not (
        isinstance(value, list)
        and len(value) == len(Box._fields)
        and all(type(edge) in (int, float) and 0 <= edge <= 1 for edge in value)
        and value[0] < value[2]
        and value[1] < value[3]
    ):
        raise ViewPolicyError(
            f"{place}.box must be left, top, right, bottom: 0 to 1, left before right, top before "
            "bottom."
        )
    return Box(*map(float, value))


def _nearly_same(box: Box, other: Box) -> bool:
    return all(abs(a - b) < _SAME_CROP for a, b in zip(box, other, strict=True))
