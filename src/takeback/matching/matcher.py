"""The matcher: the fingerprints of an upload in, every matching entry and the decision out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from takeback.matching.match_list import ListPart, MatchList, NearSignals
from takeback.matching.policy import Decision, MatchPolicy
from takeback.matching.snapshot import LANES
from takeback.signals.kinds import (
    MD5,
    PDQ,
    SHA256,
    SignalKind,
    exact_kinds,
    kind_named,
    near_kinds,
)
from takeback.signals.lanes import Lane

_QUALITY = "quality"


class FingerprintError(ValueError):
    """A fingerprint has the wrong shape; the message says which and what it must be."""


@dataclass(frozen=True, slots=True)
class ViewFingerprint:
    """The PDQ, 32 bytes, of one view of an upload, such as `trimmed, mirrored`; see docs/views.md.

    It matches listed pictures of at least `least_listed_quality`, 0 to 100, or of the lane's floor
    if that is more.
    """

    view: str
    pdq: bytes
    least_listed_quality: int = 0


@dataclass(frozen=True, slots=True)
class UploadFingerprints:
    """What is known of an upload: PDQ of 32 bytes, SHA-256 of 32, MD5 of 16; any may be absent.

    `pdq` is of the picture as it is, `views` are other ways to look at it. `others`: fingerprints
    of further kinds, each the name of its kind and its value; there may be several of one kind.
    """

    pdq: bytes | None = None
    sha256: bytes | None = None
    md5: bytes | None = None
    views: tuple[ViewFingerprint, ...] = ()
    others: tuple[tuple[str, bytes], ...] = ()

    def __post_init__(self) -> None:
        """Raise FingerprintError for one of `others` that is of no known kind, or too short."""
        for name, value in self.others:
            kind = kind_named(name)
            if kind is None or kind in (PDQ, SHA256, MD5):
                raise FingerprintError(f"{name} is no further kind of fingerprint")
            if len(value) != kind.value_bytes:
                raise FingerprintError(f"{name} must have {kind.value_bytes} bytes")

    @classmethod
    def from_hex(
        cls, *, pdq: str | None = None, sha256: str | None = None, md5: str | None = None
    ) -> "UploadFingerprints":
        """Read hexadecimal fingerprints; raises FingerprintError naming the one that is wrong."""
        return cls(_from_hex(PDQ, pdq), _from_hex(SHA256, sha256), _from_hex(MD5, md5))

    def values_of(self, kind: SignalKind) -> Iterable[bytes]:
        """Return the fingerprints of a kind that has to be equal."""
        if kind is SHA256:
            return () if self.sha256 is None else (self.sha256,)
        if kind is MD5:
            return () if self.md5 is None else (self.md5,)
        return [value for name, value in self.others if name == kind.name]

    def views_of(self, kind: SignalKind) -> Iterator[ViewFingerprint]:
        """Yield the fingerprints of a kind that matches within a distance."""
        if kind is PDQ:
            if self.pdq is not None:
                yield ViewFingerprint("", self.pdq)
            yield from self.views
        else:
            for name, value in self.others:
                if name == kind.name:
                    yield ViewFingerprint("", value)


@dataclass(frozen=True, slots=True)
class Match:
    """One entry that the upload matches, by its strongest signal.

    `signal`: the name of its kind, its `type` on the wire. `origin`: of the log whose list the
    entry is on. `distance`: bits, 0–256; 0 for files equal byte for byte. `listed_quality`: PDQ
    quality of the listed picture, 0–100; None for an exact match, and for a kind without one.
    `decision`: what the policy of its lane says. `view`: the view of the upload that came so near,
    empty for the picture as it is.
    """

    entry: str
    lane: Lane
    signal: str
    distance: int
    listed_quality: int | None
    decision: Decision
    view: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class MatchResult:
    """The strictest decision over all matches; the match that decided stands first."""

    decision: Decision
    matches: tuple[Match, ...]

    @classmethod
    def of(cls, found: Iterable[Match]) -> "MatchResult":
        """Bring matches, of one list or of several, in order; without any, allow."""
        matches = sorted(found, key=lambda m: (-m.decision.strictness, m.distance, m.entry))
        return cls(matches[0].decision if matches else Decision.ALLOW, tuple(matches))


class Matcher:
    """Matches uploads against one state of the list under one policy; safe to use from many
    threads."""

    def __init__(self, listed: MatchList, policy: MatchPolicy) -> None:
        self.listed = listed
        self.policy = policy
        self._floors = np.array([policy.of(lane).quality_floor for lane in LANES], np.uint8)
        near = (kind for kind in near_kinds() if kind.name in listed.kinds)
        self._near = [_NearKind.under(policy, kind) for kind in near]
        self._exact = [kind for kind in exact_kinds() if kind.name in listed.kinds]

    def looks_at(self, kind: str) -> bool:
        """Whether a fingerprint of a kind can match; MD5 takes longer to compute than SHA-256."""
        return kind in self.listed.kinds

    def match(self, upload: UploadFingerprints) -> MatchResult:
        """Return every entry that the upload matches, and what to do with the upload.

        An entry matches if a listed SHA-256 is equal; or, only for an entry without SHA-256, a
        listed MD5 is equal; or a listed PDQ lies within the lane's threshold of the PDQ of a view,
        and its quality reaches the lane's floor and the view's. Further kinds match by their rows
        in `takeback.signals.kinds`, in the order of the table.
        """
        return self.match_many([upload])[0]

    def match_many(self, uploads: Sequence[UploadFingerprints]) -> list[MatchResult]:
        """Match each upload; the PDQs of all of them are looked up together."""
        found: list[dict[str, Match]] = [{} for _ in uploads]
        for part in self.listed.parts:
            # The strongest signal first: a later one never replaces it.
            for upload, matches in zip(uploads, found, strict=True):
                for match in self._equal(part, upload):
                    matches.setdefault(match.entry, match)
            for kind in self._near:
                if kind.name in part.near:
                    for which, match in self._near_ones(kind, part, uploads):
                        found[which].setdefault(match.entry, match)
        return [MatchResult.of(matches.values()) for matches in found]

    def _equal(self, part: ListPart, upload: UploadFingerprints) -> Iterator[Match]:
        for kind in self._exact:
            for value in upload.values_of(kind):
                for row in part.rows_of(kind.name, value):
                    if part.is_alive(row):
                        yield self._match(part, row, kind.name, 0)

    def _near_ones(
        self, kind: "_NearKind", part: ListPart, uploads: Sequence[UploadFingerprints]
    ) -> Iterator[tuple[int, Match]]:
        """Yield each entry that an upload is near to once, with the place of the upload."""
        queries = [
            (which, view)
            for which, upload in enumerate(uploads)
            for view in upload.views_of(kind.row)
        ]
        if not queries:
            return
        near = part.near[kind.name]
        limits, listed, distance = near.index.search_flat(
            [view.pdq for _, view in queries], kind.widest
        )
        if not listed.size:
            return
        query = np.repeat(np.arange(len(queries)), np.diff(limits))
        row = near.table.entry[listed]
        lane = part.entry_lane[row]
        counts = distance <= kind.thresholds[lane]
        quality = kind.quality_of(near)
        if quality is not None:
            floor_of = np.array([view.least_listed_quality for _, view in queries], np.uint8)
            counts &= quality[listed] >= np.maximum(self._floors[lane], floor_of[query])
        query, listed, row, distance = query[counts], listed[counts], row[counts], distance[counts]
        upload = np.array([which for which, _ in queries])[query]
        # The nearest of every upload and entry first; then the first view, the first listed signal.
        order = np.lexsort((listed, query, distance, row, upload))
        pairs = np.stack((upload, row))[:, order]
        comes_first = np.ones(len(order), np.bool_)
        comes_first[1:] = (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)
        for hit in order[comes_first]:
            if part.is_alive(int(row[hit])):
                which, view = queries[query[hit]]
                match = self._match(part, int(row[hit]), kind.name, int(distance[hit]))
                stated = None if quality is None else int(quality[listed[hit]])
                yield which, replace(match, listed_quality=stated, view=view.view)

    def _match(self, part: ListPart, row: int, signal: str, distance: int) -> Match:
        lane = LANES[int(part.entry_lane[row])]
        decision = self.policy.of(lane).decision
        origin = self.listed.source.origin
        return Match(part.entry_of(row), lane, signal, distance, None, decision, origin=origin)


class _NearKind(NamedTuple):
    """A kind that matches within a distance, as a policy sets it.

    `thresholds`: by lane, in the order of `LANES`; `widest`: the greatest of them; `quality`: place
    of the number that the lane's floor applies to, None if the kind has none.
    """

    row: SignalKind
    name: str
    thresholds: npt.NDArray[np.uint16]
    widest: int
    quality: int | None

    @classmethod
    def under(cls, policy: MatchPolicy, kind: SignalKind) -> "_NearKind":
        thresholds = [policy.of(lane).threshold_of(kind.name) for lane in LANES]
        quality = kind.number_named(_QUALITY)
        return cls(kind, kind.name, np.array(thresholds, np.uint16), max(thresholds), quality)

    def quality_of(self, near: NearSignals) -> npt.NDArray[Any] | None:
        return None if self.quality is None else near.table.numbers[self.quality]


def _from_hex(kind: SignalKind, value: str | None) -> bytes | None:
    if value is None:
        return None
    length = 2 * kind.value_bytes
    try:
        decoded = bytes.fromhex(value)
    except ValueError as error:
        raise FingerprintError(f"{kind.name} must be {length} hexadecimal digits") from error
    if len(value) != length or len(decoded) * 2 != length:
        raise FingerprintError(f"{kind.name} must be {length} hexadecimal digits")
    return decoded
