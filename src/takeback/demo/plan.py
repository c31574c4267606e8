"""Chooses which photographs the demo reports and which are other people's pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from takeback.fingerprints import PictureFingerprints, fingerprint_picture
from takeback.matching.policy import LanePolicy, MatchPolicy
from takeback.media import Decoder, MediaError

PICTURES_PER_REPORT = 3
_FEWEST = 2  # one to report and one to let through
_PICTURE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)


class TooFewPhotographsError(ValueError):
    """Fewer than two different photographs."""


@dataclass(frozen=True)
class Photograph:
    """A photograph and its fingerprints."""

    path: Path
    fingerprints: PictureFingerprints


@dataclass(frozen=True)
class Plan:
    """The photographs of each report, the other pictures, and what was left out and why."""

    reports: tuple[tuple[Photograph, ...], ...]
    others: tuple[Photograph, ...]
    left_out: tuple[str, ...]

    @property
    def pictures(self) -> int:
        """How many photographs are reported."""
        return sum(len(report) for report in self.reports)


def pictures_in(folder: Path) -> list[Path]:
    """Every file below `folder` that is named like a picture, in the order of their names.

    Raises FileNotFoundError if `folder` is no folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder. Give one: --photos DIR")
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in _PICTURE_SUFFIXES)


def make_plan(
    paths: Sequence[Path], *, reports: int, others: int, on_each: Callable[[], None]
) -> Plan:
    """Choose photographs that differ from each other, as many as wanted and there are.

    Left out: what can't be read, what is too plain to be told apart, and what a gate would rightly
    take for one chosen already. Raises TooFewPhotographsError.
    """
    different: list[Photograph] = []
    left_out: list[str] = []
    most_reported = reports * PICTURES_PER_REPORT
    widest = MatchPolicy().widest_threshold
    with Decoder() as decoder:
        for path in paths:
            if len(different) == most_reported + others:
                break
            on_each()
            try:
                fingerprints = fingerprint_picture(path.read_bytes(), decoder)
            except (MediaError, OSError) as error:
                left_out.append(f"{path.name}: {error}")
                continue
            near = _first_within(widest, fingerprints, different)
            if near is not None:
                left_out.append(f"{path.name}: looks like {near}")
            elif fingerprints.pdq.quality < _lane().quality_floor:
                left_out.append(f"{path.name}: too plain (quality {fingerprints.pdq.quality})")
            else:
                different.append(Photograph(path, fingerprints))
    if len(different) < _FEWEST:
        raise TooFewPhotographsError(
            f"Found {len(different)} usable, different photographs; at least {_FEWEST} are "
            "needed. Give a folder that holds more: --photos DIR"
        )
    reported = min(most_reported, max(1, len(different) // 2))
    return Plan(
        tuple(
            tuple(different[start : min(start + PICTURES_PER_REPORT, reported)])
            for start in range(0, reported, PICTURES_PER_REPORT)
        ),
        tuple(different[reported : reported + others]),
        tuple(left_out),
    )


def _lane() -> LanePolicy:
    return MatchPolicy().self_reported


def _first_within(
    bits: int, fingerprints: PictureFingerprints, chosen: Sequence[Photograph]
) -> str | None:
    for photograph in chosen:
        if fingerprints.pdq.distance(photograph.fingerprints.pdq) <= bits:
            return photograph.path.name
    return None
