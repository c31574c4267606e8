"""The matcher: the fingerprints of an upload in, every matching entry and the decision out."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from takeback.matching.policy import Decision, Lane, MatchPolicy
from takeback.matching.snapshot import LANES, Snapshot

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

    It matches up to `max_distance` bits, or up to the lane's threshold if that is less.
    """

    view: str
    pdq: bytes
    max_distance: int


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

    `distance`: bits, 0–256; 0 for files equal byte for byte. `listed_quality`: PDQ quality of the
    listed picture, 0–100; None for an exact match. `decision`: what the policy of its lane says.
    `view`: the view of the upload that came so near, empty for the picture as it is.
    """

    entry: str
    lane: Lane
    signal: SignalType
    distance: int
    listed_quality: int | None
    decision: Decision
    view: str = ""


@dataclass(frozen=True, slots=True)
class MatchResult:
    """The strictest decision over all matches; the match that decided stands first."""

    decision: Decision
    matches: tuple[Match, ...]


class Matcher:
    """Matches uploads against one snapshot under one policy; safe to use from many threads."""

    def __init__(self, snapshot: Snapshot, policy: MatchPolicy) -> None:
        self.snapshot = snapshot
        self.policy = policy

    @property
    def looks_at_md5(self) -> bool:
        """Whether an MD5 can match; it takes longer to compute than SHA-256."""
        return len(self.snapshot.tables.md5) > 0

    def match(self, upload: UploadFingerprints) -> MatchResult:
        """Return every entry that the upload matches, and what to do with the upload.

        An entry matches if a listed SHA-256 is equal; or, only for an entry without SHA-256, a
        listed MD5 is equal; or a listed PDQ whose quality reaches the lane's floor lies within the
        lane's threshold of the upload's PDQ or of one of its views.
        """
        found: dict[int, Match] = {}
        # The strongest signal first: a later one never replaces it.
        for row, match in (*self._equal_files(upload), *self._near_pictures(upload)):
            found.setdefault(row, match)
        matches = sorted(
            found.values(), key=lambda m: (-m.decision.strictness, m.distance, m.entry)
        )
        decision = matches[0].decision if matches else Decision.ALLOW
        return MatchResult(decision, tuple(matches))

    def _equal_files(self, upload: UploadFingerprints) -> Iterator[tuple[int, Match]]:
        snapshot = self.snapshot
        if upload.sha256 is not None:
            for row in snapshot.rows_of_sha256(upload.sha256):
                yield row, self._match(row, SignalType.SHA256, 0, None)
        if upload.md5 is not None:
            for row in snapshot.rows_of_md5(upload.md5):
                yield row, self._match(row, SignalType.MD5, 0, None)

    def _near_pictures(self, upload: UploadFingerprints) -> Iterator[tuple[int, Match]]:
        views = list(upload.views)
        if upload.pdq is not None:
            views.insert(0, ViewFingerprint("", upload.pdq, self.policy.widest_threshold))
        if not views:
            return
        found = self.snapshot.index.search_batch(
            [view.pdq for view in views], self.policy.widest_threshold
        )
        tables = self.snapshot.tables
        # Nearest first, so that an entry with several listed PDQs is given its nearest.
        nearest_first = sorted(
            (int(distance), place, int(listed))
            for place, hits in enumerate(found)
            for listed, distance in zip(hits.rows, hits.distances, strict=True)
        )
        for distance, place, listed in nearest_first:
            view = views[place]
            row, quality = int(tables.pdq_entry[listed]), int(tables.pdq_quality[listed])
            lane_policy = self.policy.of(LANES[int(tables.entry_lane[row])])
            threshold = min(lane_policy.threshold, view.max_distance)
            if distance <= threshold and quality >= lane_policy.quality_floor:
                yield row, self._match(row, SignalType.PDQ, distance, quality, view.view)

    def _match(
        self, row: int, signal: SignalType, distance: int, quality: int | None, view: str = ""
    ) -> Match:
        lane = LANES[int(self.snapshot.tables.entry_lane[row])]
        entry = self.snapshot.entry_of(row)
        return Match(entry, lane, signal, distance, quality, self.policy.of(lane).decision, view)


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
