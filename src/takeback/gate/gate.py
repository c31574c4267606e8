"""The gate as a library: `Gate.open(store).check(upload)` says what to do with an upload."""

import logging
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from takeback.fingerprints import md5_of, sha256_of
from takeback.fingerprints.reading import READ_UPLOAD, ViewPdq
from takeback.fingerprints.upload import UploadViews, fingerprint_upload
from takeback.fingerprints.views import ViewPolicy, load_policy
from takeback.gate.outbox import Outbox
from takeback.gate.snapshots import SnapshotInForce
from takeback.gate.standing import ListStanding, read_standing
from takeback.gate.store import Store
from takeback.hashlist.feedback import FeedbackItem, FeedbackValue
from takeback.matching.matcher import (
    Match,
    Matcher,
    SignalType,
    UploadFingerprints,
    ViewFingerprint,
)
from takeback.matching.policy import Decision, Lane, MatchPolicy
from takeback.matching.snapshot import SnapshotSource
from takeback.media import Decoder, MediaError

logger = logging.getLogger(__name__)

# The long poll answers within 25 s, so a quarter of an hour of silence is no hiccup.
STALE_AFTER_SECONDS = 15 * 60

_SAID_BY_ITSELF = {
    Decision.BLOCK: FeedbackValue.BLOCKED,
    Decision.REVIEW: FeedbackValue.PENDING_REVIEW,
    Decision.ALLOW: FeedbackValue.NOT_BLOCKED,
}


# How old what the gate knows of the list's standing may be.
_STANDING_SECONDS = 1.0


class NoListError(RuntimeError):
    """No list is in force yet, so nothing can be checked; the message says what to do."""


class ListOutOfForceError(NoListError):
    """The list has expired or is refused, and the operator's grace is over."""


@dataclass(frozen=True, slots=True)
class StepSeconds:
    """How long the steps of a check took on the clock; 0 for a step that was not taken.

    `fingerprint`: decoding, and the PDQs of all views; `digest`: SHA-256, and MD5 if the list has
    any that count; `match`: the look-up in the list.
    """

    fingerprint: float = 0.0
    digest: float = 0.0
    match: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of one upload, and why.

    `matches`: every entry that the upload matches, the one that decided first; `checked_against`:
    the state of the list; `took`: how long each step took. `reference`: what to show to whoever
    posted the upload, so that they can appeal at the hotline: the id under which the deciding match
    was reported; None if nothing was.
    """

    decision: Decision
    matches: tuple[Match, ...]
    checked_against: SnapshotSource
    took: StepSeconds = field(default=StepSeconds(), compare=False)
    reference: str | None = field(default=None, compare=False)

    @property
    def deciding(self) -> Match | None:
        """The match that decided, or None."""
        return self.matches[0] if self.matches else None

    @property
    def lane(self) -> Lane | None:
        """The lane of the match that decided."""
        return self.deciding.lane if self.deciding else None

    @property
    def distance(self) -> int | None:
        """Distance of the match that decided, in bits, 0–256; 0 for an equal file."""
        return self.deciding.distance if self.deciding else None

    @property
    def entry(self) -> str | None:
        """The id of the entry that decided."""
        return self.deciding.entry if self.deciding else None

    @property
    def entries(self) -> list[str]:
        """The ids of all matching entries: what a review reports on."""
        return [match.entry for match in self.matches]

    @property
    def reason(self) -> str:
        """One sentence for a log or a moderator; it names no fingerprint and no person."""
        match = self.deciding
        if match is None:
            return "No listed picture is near this one."
        if match.signal is SignalType.PDQ:
            seen = f", seen as {match.view}," if match.view else ""
            how = f"is{seen} {match.distance} of 256 bits from a listed picture"
        else:
            how = "is the same file as a listed picture"
        return f"It {how} in the lane {match.lane}; the policy says {match.decision}."


@dataclass(frozen=True, slots=True)
class GateHealth:
    """Which list is in force and how fresh it is; a stale list stays in force.

    `contact_age_seconds`: since the hotline last answered as it should, None if never.
    `problem`: why a newer snapshot could not be taken, None if all is well. `standing`: whether the
    list has expired or is refused, and how long it stays in force then.
    """

    in_force: SnapshotSource | None
    entries: int
    contact_age_seconds: float | None
    feedback_waiting: int
    feedback_refused: int
    problem: str | None
    standing: ListStanding

    @property
    def stale(self) -> bool:
        """Whether the hotline has been out of reach for so long that somebody should look."""
        return self.contact_age_seconds is None or self.contact_age_seconds > STALE_AFTER_SECONDS


class Gate:
    """Checks uploads against the list that is in force; safe to use from many threads.

    Use it as a context manager, or call `close`. Open it after forking, once in every process.
    A newer list is picked up by itself as soon as `takeback gate sync --follow` has written it.
    """

    def __init__(
        self, store: Store, policy: MatchPolicy, decoder: Decoder, views: ViewPolicy
    ) -> None:
        """Take ownership of the decoder, made with `READ_UPLOAD`; `Gate.open` is the usual way."""
        self.store = store
        self.policy = policy
        self.views = views
        self._decoder = decoder
        self._in_force = SnapshotInForce(store, policy)
        self._outbox = Outbox(store)
        self._standing = ListStanding()
        self._standing_read = -_STANDING_SECONDS

    @classmethod
    def open(
        cls,
        store: str | Path,
        policy: MatchPolicy | None = None,
        *,
        views: ViewPolicy | None = None,
        decoders: int | None = None,
    ) -> "Gate":
        """Open the gate on a store folder, which may still wait for its first list.

        `views`: how uploads are looked at (docs/views.md), by default the standard policy.
        `decoders`: how many uploads are decoded at a time, each in a process of its own that keeps
        some tens of MiB; as many as there are cores by default. Raises StoreError if the folder
        can't be used.
        """
        decoder = Decoder(children=decoders or usable_cores(), readers=[READ_UPLOAD])
        return cls(Store(Path(store)), policy or MatchPolicy(), decoder, views or load_policy())

    def check(self, upload: bytes, *, report: bool = True) -> Verdict:
        """Say what to do with the bytes of an upload, and report what the policy decided.

        Raises MediaError if no picture can be made of the bytes and they are no listed file:
        the platform then decides. Raises NoListError before the first list is in force.
        """
        matcher = self._matcher()
        began = time.perf_counter()
        fingerprints = UploadFingerprints.from_hex(
            sha256=sha256_of(upload), md5=md5_of(upload) if matcher.looks_at_md5 else None
        )
        digested = time.perf_counter()
        unread: MediaError | None = None
        try:
            pdq, views = self._look_at(upload)
        except MediaError as error:
            # A file that only its owner's phone can read may still be listed byte for byte.
            unread = error
        else:
            fingerprints = replace(fingerprints, pdq=pdq, views=views)
        fingerprinted = time.perf_counter()
        verdict = self._verdict(matcher, fingerprints, report)
        if unread is not None and not verdict.matches:
            raise unread
        took = StepSeconds(fingerprinted - digested, digested - began, verdict.took.match)
        return replace(verdict, took=took)

    def check_fingerprints(self, upload: UploadFingerprints, *, report: bool = True) -> Verdict:
        """As `check`, for fingerprints that were made elsewhere."""
        return self._verdict(self._matcher(), upload, report)

    def report(self, entries: Iterable[str], value: FeedbackValue) -> list[FeedbackItem]:
        """Tell the hotline what became of an upload that matched these entries.

        For a review give every entry of `verdict.matches`. It is on the disk when this returns.
        """
        return self._outbox.add(entries, value)

    def warm_up(self) -> None:
        """Wait until uploads can be decoded; raises RuntimeError if the processes can't start."""
        self._decoder.wait_until_ready()

    @property
    def ready(self) -> bool:
        """Whether a list is in force, so that uploads can be checked."""
        return self._in_force.matcher() is not None and self._usable()

    def health(self) -> GateHealth:
        """Return which list is in force and how fresh it is."""
        matcher = self._in_force.matcher()
        log = self.store.followed_log()
        age = None
        if log is not None and log.contacted_at is not None:
            age = max(0.0, (datetime.now(UTC) - log.contacted_at).total_seconds())
        waiting, refused = self._outbox.counts()
        listed = matcher.listed if matcher else None
        return GateHealth(
            in_force=listed.source if listed else None,
            entries=listed.entries if listed else 0,
            contact_age_seconds=age,
            feedback_waiting=waiting,
            feedback_refused=refused,
            problem=self._in_force.problem,
            standing=read_standing(self.store),
        )

    def close(self) -> None:
        """Stop the decoding processes."""
        self._decoder.close()

    def __enter__(self) -> "Gate":
        """Start the decoding processes now, not with the first upload."""
        self._decoder.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _look_at(self, upload: bytes) -> tuple[bytes, tuple[ViewFingerprint, ...]]:
        seen = fingerprint_upload(upload, self._decoder, self.views)
        whole, *others = seen.pdqs
        return whole.pdq.bits, tuple(_view_fingerprint(seen, one) for one in others)

    def _matcher(self) -> Matcher:
        matcher = self._in_force.matcher()
        if matcher is None:
            raise NoListError(
                self._in_force.problem
                or f"No list is in force in {self.store.folder} yet. Run `takeback gate sync`."
            )
        if not self._usable():
            raise ListOutOfForceError(f"No list is in force any more. {self._standing.why}")
        return matcher

    def _usable(self) -> bool:
        now = time.monotonic()
        if now - self._standing_read >= _STANDING_SECONDS:
            # First the time: whoever comes meanwhile goes by what was known.
            self._standing_read = now
            self._standing = read_standing(self.store)
        return self._standing.is_usable(datetime.now(UTC))

    def _verdict(self, matcher: Matcher, upload: UploadFingerprints, report: bool) -> Verdict:
        began = time.perf_counter()
        result = matcher.match(upload)
        took = StepSeconds(match=time.perf_counter() - began)
        verdict = Verdict(result.decision, result.matches, matcher.listed.source, took)
        if report and verdict.matches:
            return replace(verdict, reference=self._report_by_itself(verdict))
        return verdict

    def _report_by_itself(self, verdict: Verdict) -> str | None:
        try:
            said = self.report(verdict.entries, _SAID_BY_ITSELF[verdict.decision])
            return next((str(one.id) for one in said if one.entry == verdict.entry), None)
        except Exception:
            # Stopping the copy comes first: a full disk must not let it through.
            logger.exception("The decision stands, but it could not be put into the outbox.")
            return None


def _view_fingerprint(seen: UploadViews, found: ViewPdq) -> ViewFingerprint:
    view = seen.policy.upload[found.view]
    return ViewFingerprint(seen.name_of(found), found.pdq.bits, view.least_listed_quality)


def usable_cores() -> int:
    """Return how many cores this process may use; a container or `taskset` may leave it few."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
