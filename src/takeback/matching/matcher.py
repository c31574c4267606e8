"""The matcher: the fingerprints of an upload in, every matching entry and the decision out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from takeback.matching.match_list import ListPart, MatchList
from takeback.matching.policy import Decision, MatchPolicy
from takeback.matching.snapshot import LANES
from takeback.signals.lanes import Lane

_PDQ_HEX = 64
_SHA256_HEX = 64
_MD5_HEX = 32


class SignalType(StrEnum):
    """Which fingerprint matched."""

    SHA256 = "sha256"
    MD5 = "md5"
    PDQ = "pdq"


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

    `pdq` is of the picture as it is, `views` are other ways to look at it.
    """

    pdq: bytes | None = None
    sha256: bytes | None = None
    md5: bytes | None = None
    views: tuple[ViewFingerprint, ...] = ()

    @classmethod
    def from_hex(
        cls, *, pdq: str | None = None, sha256: str | None = None, md5: str | None = None
    ) -> "UploadFingerprints":
        """Read hexadecimal fingerprints; raises FingerprintError naming the one that is wrong."""
        return cls(
            _from_hex("pdq", pdq, _PDQ_HEX),
            _from_hex("sha256", sha256, _SHA256_HEX),
            _from_hex("md5", md5, _MD5_HEX),
        )


@dataclass(frozen=True, slots=True)
class Match:
    """One entry that the upload matches, by its strongest signal.

    `origin`: of the log whose list the entry is on. `distance`: bits, 0–256; 0 for files equal byte
    for byte. `listed_quality`: PDQ quality of the listed picture, 0–100; None for an exact match.
    `decision`: what the policy of its lane says. `view`: the view of the upload that came so near,
    empty for the picture as it is.
    """

    entry: str
    lane: Lane
    signal: SignalType
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
        """Bring matches, of one list or of several, in order; allow, if there are none."""
        matches = sorted(found, key=lambda m: (-m.decision.strictness, m.distance, m.entry))
        return cls(matches[0].decision if matches else Decision.ALLOW, tuple(matches))


class Matcher:
    """Matches uploads against one state of the list under one policy; safe to use from many
    threads."""

    def __init__(self, listed: MatchList, policy: MatchPolicy) -> None:
        self.listed = listed
        self.policy = policy
        lanes = [policy.of(lane) for lane in LANES]
        self._thresholds = np.array([lane.threshold for lane in lanes], np.uint16)
        self._floors = np.array([lane.quality_floor for lane in lanes], np.uint8)

    @property
    def looks_at_md5(self) -> bool:
        """Whether an MD5 can match; it takes longer to compute than SHA-256."""
        return self.listed.has_md5

    def match(self, upload: UploadFingerprints) -> MatchResult:
        """Return every entry that the upload matches, and what to do with the upload.

        An entry matches if a listed SHA-256 is equal; or, only for an entry without SHA-256, a
        listed MD5 is equal; or a listed PDQ lies within the lane's threshold of the PDQ of a view,
        and its quality reaches the lane's floor and the view's.
        """
        return self.match_many([upload])[0]

    def match_many(self, uploads: Sequence[UploadFingerprints]) -> list[MatchResult]:
        """Match each upload; the PDQs of all of them are looked up in one go."""
        found: list[dict[str, Match]] = [{} for _ in uploads]
        for part in self.listed.parts:
            # The strongest signal first: a later one never replaces it.
            for upload, matches in zip(uploads, found, strict=True):
                for match in self._equal_files(part, upload):
                    matches.setdefault(match.entry, match)
            for which, match in self._near_pictures(part, uploads):
                found[which].setdefault(match.entry, match)
        return [MatchResult.of(matches.values()) for matches in found]

    def _equal_files(self, part: ListPart, upload: UploadFingerprints) -> Iterator[Match]:
        if upload.sha256 is not None:
            for row in part.rows_of_sha256(upload.sha256):
                if part.is_alive(row):
                    yield self._match(part, row, SignalType.SHA256, 0)
        if upload.md5 is not None:
            for row in part.rows_of_md5(upload.md5):
                if part.is_alive(row):
                    yield self._match(part, row, SignalType.MD5, 0)

    def _near_pictures(
        self, part: ListPart, uploads: Sequence[UploadFingerprints]
    ) -> Iterator[tuple[int, Match]]:
        """Yield each entry that an upload is near to once, with the place of the upload."""
        queries = [(which, view) for which, one in enumerate(uploads) for view in _views_of(one)]
        if not queries:
            return
        limits, listed, distance = part.search(
            [view.pdq for _, view in queries], self.policy.widest_threshold
        )
        if not listed.size:
            return
        query = np.repeat(np.arange(len(queries)), np.diff(limits))
        row = part.pdq_entry[listed]
        lane = part.entry_lane[row]
        counts = distance <= self._thresholds[lane]
        floor_of = np.array([view.least_listed_quality for _, view in queries], np.uint8)
        counts &= part.pdq_quality[listed] >= np.maximum(self._floors[lane], floor_of[query])
        query, listed, row, distance = query[counts], listed[counts], row[counts], distance[counts]
        upload = np.array([which for which, _ in queries])[query]
        # The nearest of every upload and entry first; then the first view, the first listed PDQ.
        order = np.lexsort((listed, query, distance, row, upload))
        pairs = np.stack((upload, row))[:, order]
        comes_first = np.ones(len(order), np.bool_)
        comes_first[1:] = (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)
        for hit in order[comes_first]:
            if part.is_alive(int(row[hit])):
                which, view = queries[query[hit]]
                match = self._match(part, int(row[hit]), SignalType.PDQ, int(distance[hit]))
                quality = int(part.pdq_quality[listed[hit]])
                yield which, replace(match, listed_quality=quality, view=view.view)

    def _match(self, part: ListPart, row: int, signal: SignalType, distance: int) -> Match:
        lane = LANES[int(part.entry_lane[row])]
        decision = self.policy.of(lane).decision
        origin = self.listed.source.origin
        return Match(part.entry_of(row), lane, signal, distance, None, decision, origin=origin)


def _views_of(upload: UploadFingerprints) -> Iterator[ViewFingerprint]:
    if upload.pdq is not None:
        yield ViewFingerprint("", upload.pdq)
    yield from upload.views


def _from_hex(name: str, value: str | None, length: int) -> bytes | None:
    if value is None:
        return None
    try:
        decoded = bytes.fromhex(value)
    except ValueError as error:
        raise FingerprintError(f"{name} must be {length} hexadecimal digits") from error
    if len(value) != length or len(decoded) * 2 != length:
        raise FingerprintError(f"{name} must be {length} hexadecimal digits")
    return decoded
