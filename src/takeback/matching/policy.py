"""Decisions and the match policy: what a platform does with a match in each lane."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from takeback.signals.kinds import PDQ, near_kinds
from takeback.signals.lanes import Lane
from takeback.signals.pdq import MAX_QUALITY, PDQ_BITS


class Decision(StrEnum):
    """What a gate says of an upload, from mildest to strictest."""

    ALLOW = "allow"
    REVIEW = "review"
    BLOCK = "block"

    @property
    def strictness(self) -> int:
        """0 for allow, 1 for review, 2 for block."""
        return list(Decision).index(self)


class PolicyError(ValueError):
    """A match policy can't be used; the message names the key and says what it must be."""


def _words(choices: type[StrEnum]) -> str:
    return ", ".join(choices)


def _require_whole_number(name: str, value: object, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise PolicyError(f"{name} is {value!r}; it must be a whole number from 0 to {most}")


def _refuse_unknown_keys(table: Mapping[str, Any], known: list[str], prefix: str) -> None:
    for key in table:
        if key not in known:
            named = ", ".join(known) or "none"
            raise PolicyError(f"{prefix}{key} is not a key of a policy; known: {named}")


@dataclass(frozen=True, slots=True)
class LanePolicy:
    """What counts as a match in one lane, and what then happens.

    `threshold`: greatest PDQ distance that is a match, in bits, 0–256. `thresholds`: the same for
    other kinds of which some bits may differ, by the kind's name; one that is not named matches
    only if all bits are equal.
    `quality_floor`: least PDQ quality, 0–100, that a *listed* picture needs for its PDQ to count;
    the same floor holds for any other kind that has a quality.
    The quality of the upload is never considered: blurring or darkening a copy must not get it past
    the list. Files equal byte for byte match whatever their quality.
    """

    threshold: int
    quality_floor: int
    decision: Decision
    thresholds: Mapping[str, int] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Raise PolicyError for a value out of range."""
        _require_whole_number("threshold", self.threshold, PDQ_BITS)
        others = [kind.name for kind in near_kinds() if kind is not PDQ]
        _refuse_unknown_keys(self.thresholds, others, "thresholds.")
        for name, threshold in self.thresholds.items():
            _require_whole_number(f"thresholds.{name}", threshold, PDQ_BITS)
        _require_whole_number("quality_floor", self.quality_floor, MAX_QUALITY)
        if not isinstance(self.decision, Decision):
            raise PolicyError(
                f"decision is {self.decision!r}; it must be one of {_words(Decision)}"
            )

    def threshold_of(self, kind: str) -> int:
        """Return the greatest distance that is a match for a kind, in bits, 0–256."""
        return self.threshold if kind == PDQ.name else self.thresholds.get(kind, 0)


# 31 of 256 bits and quality 50 are the operating point that PDQ's authors recommend ("The TMK+PDQF
# video-hashing algorithm and the PDQ image-hashing algorithm", 2019).
_CONFIRMED = LanePolicy(threshold=31, quality_floor=50, decision=Decision.BLOCK)

# Nobody has looked at a self-reported picture, so a chance match costs a stranger's upload and a
# moderator's look: the circle is drawn tighter, but not so tight that ordinary copies slip out.
# Over 104 photographs, each saved again, in another format, at half size, brighter and grey, the
# share within 24 bits is 0.992, within 26 0.996, within 28 0.998, and 31 stops no more of them;
# no two different photographs of 5,356 pairs came within 86. In an older measurement with stock
# photographs (120, reference decoder) the medians were 0–4 bits for JPEG 75–10, 6 for half size,
# 14 for a quarter, 10 for brightness ×1.3, and 28 for a turn by 1°. So 28 keeps what apps and
# phones do by themselves. Half the bits of almost every PDQ are ones, so distances are even.
_SELF_REPORTED = LanePolicy(threshold=28, quality_floor=50, decision=Decision.REVIEW)

# Nobody here knows how the other organisation came to list it, and most feeds carry no quality: as
# careful as with what nobody has seen.
_IMPORTED = LanePolicy(threshold=28, quality_floor=50, decision=Decision.REVIEW)

# Blocked, so that an engineer who tries a gate sees it stop something; nobody loses a picture.
_TEST = LanePolicy(threshold=31, quality_floor=50, decision=Decision.BLOCK)


@dataclass(frozen=True, slots=True)
class MatchPolicy:
    """The policy of every lane; the defaults are the ones the hotline recommends."""

    self_reported: LanePolicy = _SELF_REPORTED
    confirmed: LanePolicy = _CONFIRMED
    imported: LanePolicy = _IMPORTED
    test: LanePolicy = _TEST

    def of(self, lane: Lane) -> LanePolicy:
        """Return the policy of one lane."""
        match lane:
            case Lane.SELF_REPORTED:
                return self.self_reported
            case Lane.CONFIRMED:
                return self.confirmed
            case Lane.IMPORTED:
                return self.imported
            case Lane.TEST:
                return self.test

    @property
    def widest_threshold(self) -> int:
        """The greatest PDQ distance, in bits, that is a match in any lane."""
        return max(self.of(lane).threshold for lane in Lane)


def load_policy(path: Path) -> MatchPolicy:
    """Read a policy from a TOML file with a table a lane; a key left out keeps its default.

    Raises PolicyError if the file can't be read or says something a policy can't mean.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"The policy file {path} can't be read: {error}") from error
    try:
        return parse_policy(text)
    except PolicyError as error:
        raise PolicyError(f"{path}: {error}") from error


def parse_policy(text: str) -> MatchPolicy:
    """Read a policy from TOML text; raises PolicyError as load_policy does."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"not valid TOML: {error}") from error
    return policy_of(document)


def policy_of(document: dict[str, Any]) -> MatchPolicy:
    """Read a policy from tables, one a lane; raises PolicyError as load_policy does."""
    _refuse_unknown_keys(document, [lane.value for lane in Lane], "")
    defaults = MatchPolicy()
    lanes = {
        lane.value: _lane_policy(lane, document.get(lane.value, {}), defaults.of(lane))
        for lane in Lane
    }
    return MatchPolicy(**lanes)


def _lane_policy(lane: Lane, table: object, default: LanePolicy) -> LanePolicy:
    if not isinstance(table, dict):
        raise PolicyError(f"{lane} is {table!r}; it must be a table: [{lane}]")
    names = [field.name for field in fields(LanePolicy)]
    _refuse_unknown_keys(table, names, f"{lane}.")
    values = {name: table.get(name, getattr(default, name)) for name in names}
    values |= _thresholds(lane, table, default)
    decision = values.pop("decision")
    try:
        values["decision"] = Decision(decision)
    except ValueError as error:
        raise PolicyError(
            f"{lane}.decision is {decision!r}; it must be one of {_words(Decision)}"
        ) from error
    try:
        return LanePolicy(**values)
    except PolicyError as error:
        raise PolicyError(f"{lane}.{error}") from error


def _thresholds(lane: Lane, table: dict[str, Any], default: LanePolicy) -> dict[str, Any]:
    """Read the table of thresholds by kind; PDQ's may stand there as well as by itself."""
    by_kind = table.get("thresholds", {})
    if not isinstance(by_kind, dict):
        raise PolicyError(f"{lane}.thresholds is {by_kind!r}; it must be a table by kind")
    _refuse_unknown_keys(by_kind, [kind.name for kind in near_kinds()], f"{lane}.thresholds.")
    if PDQ.name in by_kind and "threshold" in table:
        raise PolicyError(f"{lane}.threshold and {lane}.thresholds.pdq are the same: give one")
    threshold = table.get("threshold", by_kind.get(PDQ.name, default.threshold))
    others = {name: value for name, value in by_kind.items() if name != PDQ.name}
    return {"threshold": threshold, "thresholds": {**default.thresholds, **others}}
