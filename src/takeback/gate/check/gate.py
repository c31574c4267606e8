"""The gate as a library: `Gate.open(store).check(upload)` says what to do with an upload."""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

from takeback.fingerprints import md5_of, sha256_of
from takeback.fingerprints.reading import READ_UPLOAD, ViewPdq
from takeback.fingerprints.upload import UploadViews, fingerprint_upload
from takeback.fingerprints.views import ViewPolicy, load_policy
from takeback.gate.check.followed_list import FollowedList, ListHealth, NoListError
from takeback.gate.check.notices import Notice, NoticeKind, make_notice
from takeback.gate.check.reporting import report_to
from takeback.gate.check.sharing import LIMITS, default_decoders, turn_rules
from takeback.gate.store.confirmations import ConfirmationReader, OneList
from takeback.gate.store.store import Store
from takeback.hashlist.feedback import FeedbackItem, FeedbackValue
from takeback.matching.matcher import (
    Match,
    Matcher,
    MatchResult,
    UploadFingerprints,
    ViewFingerprint,
)
from takeback.matching.policy import Decision, MatchPolicy
from takeback.matching.snapshot import SnapshotSource
from takeback.media import Decoder, Load, MediaError
from takeback.signals.kinds import MD5, near_kinds
from takeback.signals.lanes import Lane

logger = logging.getLogger(__name__)

_REPORTED_BY_ITSELF = {
    Decision.BLOCK: FeedbackValue.BLOCKED,
    Decision.REVIEW: FeedbackValue.PENDING_REVIEW,
    Decision.ALLOW: FeedbackValue.NOT_BLOCKED,
}

_NOTICES = {Decision.BLOCK: NoticeKind.BLOCKED, Decision.REVIEW: NoticeKind.HELD}


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
    the state of every list that was looked at; `left_out`: names of optional lists that are not in
    force; `took`: how long each step took. `reference`: what to show to the person who posted the
    upload, so that they can appeal at the hotline: the id under which the deciding match was
    reported; None if nothing was. `appeals`: the page where the reference is asked for.
    """

    decision: Decision
    matches: tuple[Match, ...]
    checked_against: tuple[SnapshotSource, ...]
    left_out: tuple[str, ...] = ()
    took: StepSeconds = field(default=StepSeconds(), compare=False)
    reference: str | None = field(default=None, compare=False)
    appeals: str | None = field(default=None, compare=False)

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

    def notice(self, language: str = "en", *, reference: str | None = None) -> Notice | None:
        """What to show to whoever posted the upload; None for one that may be posted.

        It tells nobody that anyone reported anything: show it as it is, and nothing else of the
        verdict. `language`: a tag such as `ar`, or a whole `Accept-Language`; what is in none of
        its languages comes in English. `reference`: where you reported by yourself, the `id` of
        what `Gate.report` returned for the entry that decided.
        """
        kind = _NOTICES.get(self.decision)
        if kind is None:
            return None
        return make_notice(kind, language, reference or self.reference, self.appeals)

    @property
    def reason(self) -> str:
        """One sentence for a log or a moderator, never for whoever posted the upload.

        It names no fingerprint and no person.
        """
        match = self.deciding
        if match is None:
            return "No listed picture is near this one."
        if match.signal in {kind.name for kind in near_kinds()}:
            seen = f", seen as {match.view}," if match.view else ""
            how = f"is{seen} {match.distance} of 256 bits from a listed picture"
        else:
            how = "is the same file as a listed picture"
        return f"It {how} in the lane {match.lane}; the policy says {match.decision}."


class Gate:
    """Checks uploads against the lists that are in force; safe to use from many threads.

    Use it as a context manager, or call `close`. Open it after forking, once in every process.
    A newer list is picked up by itself as soon as `takeback gate sync --follow` has written it.
    """

    def __init__(self, lists: Sequence[FollowedList], decoder: Decoder, views: ViewPolicy) -> None:
        """Take ownership of the decoder, made with `READ_UPLOAD`; `Gate.open` is the usual way."""
        if not lists:
            raise ValueError("A gate follows at least one list.")
        self.lists = tuple(lists)
        self.views = views
        self._decoder = decoder

    @classmethod
    def open(
        cls,
        store: str | Path,
        policy: MatchPolicy | None = None,
        *,
        views: ViewPolicy | None = None,
        decoders: int | None = None,
        patient: bool = False,
        appeals: str | None = None,
    ) -> "Gate":
        """Open the gate on a store folder, which may still wait for its first list.

        `views`: how uploads are looked at (docs/views.md), by default the standard policy.
        `decoders`: how many uploads are decoded at a time, each in a process of its own that keeps
        some tens of MiB; by default as many as there are cores, and at least two, for one is kept
        for uploads that are quickly decoded. `patient`: for files that all come from yourself:
        no process is kept, and `check` waits for one as long as it takes. `appeals`: your own page
        where people ask for a check, in place of the hotline's. Raises StoreError if the folder
        can't be used, ValueError if that is no address.
        """
        return cls.of_lists(
            [FollowedList(Store(Path(store)), policy, appeals=appeals)],
            views=views,
            decoders=decoders,
            patient=patient,
        )

    @classmethod
    def of_lists(
        cls,
        lists: Sequence[FollowedList],
        *,
        views: ViewPolicy | None = None,
        decoders: int | None = None,
        patient: bool = False,
    ) -> "Gate":
        """Open the gate on several lists, each with a store and a policy of its own.

        `takeback.gate.read_lists_file` reads them from a file. An upload is decoded once; the
        strictest decision of all lists wins. `views`, `decoders` and `patient` as in `open`.
        """
        children = decoders or default_decoders()
        decoder = Decoder(
            LIMITS,
            children=children,
            readers=[READ_UPLOAD],
            turns=turn_rules(children, patient=patient),
        )
        return cls(lists, decoder, views or load_policy())

    def check(self, upload: bytes, *, report: bool = True) -> Verdict:
        """Say what to do with the bytes of an upload, and report what the policy decided.

        Raises MediaError if no picture can be made of the bytes and they are no listed file:
        the platform then decides. Raises DecoderBusy if more uploads wait than the gate lets wait,
        or this one has waited for long: it may come again (`retry_after` of the error, in seconds).
        Raises NoListError while a list is not in force, unless that is optional.
        """
        in_force = self._in_force()
        began = time.perf_counter()
        fingerprints = UploadFingerprints.from_hex(
            sha256=sha256_of(upload), md5=md5_of(upload) if in_force.look_at(MD5.name) else None
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
        verdict = self._verdict(in_force, fingerprints, report)
        if unread is not None and not verdict.matches:
            raise unread
        took = StepSeconds(fingerprinted - digested, digested - began, verdict.took.match)
        return replace(verdict, took=took)

    def check_fingerprints(self, upload: UploadFingerprints, *, report: bool = True) -> Verdict:
        """As `check`, for fingerprints that were made elsewhere."""
        return self._verdict(self._in_force(), upload, report)

    def report(
        self, entries: Iterable[str], value: FeedbackValue, *, origin: str | None = None
    ) -> list[FeedbackItem]:
        """Tell the hotlines what became of an upload that matched these entries.

        For a review give every entry of `verdict.matches`. It is on the disk when this returns.
        Each hotline hears of its own entries only: `origin` names the log of all of them; without
        it each is looked for on the lists, and what has left them since is passed over. Raises
        ValueError if an id can't be an entry's, or no list of that origin is followed.
        """
        return report_to(self.lists, entries, value, origin)

    def warm_up(self) -> None:
        """Wait until uploads can be decoded; raises DecoderNotStarted if that can't be."""
        self._decoder.wait_until_ready()

    @property
    def ready(self) -> bool:
        """Whether uploads can be checked: every list is in force that is not optional."""
        try:
            self._in_force()
        except NoListError:
            return False
        return True

    def health(self) -> list[ListHealth]:
        """Return, for every list, which state is in force and how fresh it is."""
        return [followed.health() for followed in self.lists]

    def load(self) -> Load:
        """Return what there is to decode now, and what became of all uploads so far."""
        return self._decoder.load()

    @property
    def most_under_way(self) -> int | None:
        """How many uploads can be decoded or wait for it at a time; None if there is no bound."""
        return self._decoder.most_under_way

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
        return whole.pdq.bits, tuple(_view_fingerprint(seen, view) for view in others)

    def _in_force(self) -> "_ListsInForce":
        matchers: list[tuple[FollowedList, Matcher]] = []
        left_out = []
        problem: NoListError | None = None
        for followed in self.lists:
            try:
                matchers.append((followed, followed.matcher()))
            except NoListError as error:
                if not followed.optional:
                    raise
                left_out.append(followed.name)
                problem = error
        if problem is not None and not matchers:
            raise problem
        origins = Counter(matcher.listed.source.origin for _, matcher in matchers)
        origin, times = origins.most_common(1)[0]
        if times > 1:
            raise NoListError(
                f"{times} lists come from the log of {origin}. Follow each log only once."
            )
        return _ListsInForce(tuple(matchers), tuple(left_out))

    def _verdict(
        self, in_force: "_ListsInForce", upload: UploadFingerprints, report: bool
    ) -> Verdict:
        began = time.perf_counter()
        result = in_force.match(upload)
        took = StepSeconds(match=time.perf_counter() - began)
        verdict = Verdict(
            result.decision,
            result.matches,
            in_force.sources,
            in_force.left_out,
            took,
            appeals=in_force.appeals_about(result),
        )
        if report and verdict.matches:
            return replace(verdict, reference=self._report_by_itself(in_force, verdict))
        return verdict

    def _report_by_itself(self, in_force: "_ListsInForce", verdict: Verdict) -> str | None:
        items: list[FeedbackItem] = []
        for followed, matcher in in_force.matchers:
            origin = matcher.listed.source.origin
            entries = [match.entry for match in verdict.matches if match.origin == origin]
            try:
                items += followed.outbox.add(entries, _REPORTED_BY_ITSELF[verdict.decision])
            except Exception:
                # Stopping the copy comes first: a full disk must not let it through.
                logger.exception("The decision stands, but it could not be put into the outbox.")
        return next((str(item.id) for item in items if item.entry == verdict.entry), None)


@dataclass(frozen=True, slots=True)
class _ListsInForce:
    """What uploads are checked against now; `left_out`: names of lists that are not in force."""

    matchers: tuple[tuple[FollowedList, Matcher], ...]
    left_out: tuple[str, ...]

    def appeals_about(self, result: MatchResult) -> str | None:
        """Where to appeal against what decided: only the hotline that listed it knows of it."""
        for followed, matcher in self.matchers:
            if result.matches and matcher.listed.source.origin == result.matches[0].origin:
                return followed.appeals
        return None

    def look_at(self, kind: str) -> bool:
        return any(matcher.looks_at(kind) for _, matcher in self.matchers)

    @property
    def sources(self) -> tuple[SnapshotSource, ...]:
        return tuple(matcher.listed.source for _, matcher in self.matchers)

    def match(self, upload: UploadFingerprints) -> MatchResult:
        lists = [
            OneList(matcher.listed.source.origin, followed.store)
            for followed, matcher in self.matchers
        ]
        found: list[Match] = []
        with ConfirmationReader() as confirmations:
            for place, (followed, matcher) in enumerate(self.matchers):
                others = lists[:place] + lists[place + 1 :]
                found += followed.match(matcher, upload, others, confirmations).matches
        return MatchResult.of(found)


def _view_fingerprint(seen: UploadViews, found: ViewPdq) -> ViewFingerprint:
    view = seen.policy.upload[found.view]
    return ViewFingerprint(seen.name_of(found), found.pdq.bits, view.least_listed_quality)
