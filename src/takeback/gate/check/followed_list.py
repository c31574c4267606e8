"""One list of a gate: its store, what is in force of it, what its policy makes of a match."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from takeback.gate.check.notices import appeal_address
from takeback.gate.store.confirmations import ConfirmationReader, OneList
from takeback.gate.store.live_entries import is_known
from takeback.gate.store.outbox import Outbox
from takeback.gate.store.snapshots import SnapshotInForce
from takeback.gate.store.standing import ListStanding, read_standing
from takeback.gate.store.store import Store
from takeback.gate.store.unknown_signals import count_unknown
from takeback.hashlist.events import PurposeEvent
from takeback.matching.matcher import Matcher, MatchResult, UploadFingerprints
from takeback.matching.policy import MatchPolicy
from takeback.matching.snapshot import SnapshotSource
from takeback.signals.lanes import Lane

# The long poll answers within 25 s, so a quarter of an hour of silence is no hiccup.
STALE_AFTER_SECONDS = 15 * 60

# How old what the gate knows of the list's standing may be.
_STANDING_SECONDS = 1.0


class NoListError(RuntimeError):
    """No list is in force yet, so nothing can be checked; the message says what to do."""


class ListOutOfForceError(NoListError):
    """The list has expired or is refused, and the operator's grace is over."""


@dataclass(frozen=True, slots=True)
class ListHealth:
    """Which state of a list is in force and how fresh it is; a stale list stays in force.

    `contact_age_seconds`: since the hotline last answered as it should, None if never.
    `problem`: why a newer snapshot could not be taken, None if all is well. `standing`: whether the
    list has expired or is refused, and how long it stays in force then. `optional`: whether uploads
    are checked without this list when it is not in force. `signals_unknown`: how many fingerprints
    of entries on the list are of a kind that this gate is too old to match, by the kind's name.
    """

    name: str
    optional: bool
    in_force: SnapshotSource | None
    entries: int
    contact_age_seconds: float | None
    feedback_waiting: int
    feedback_refused: int
    problem: str | None
    standing: ListStanding
    signals_unknown: Mapping[str, int] = field(default_factory=dict, hash=False)

    @property
    def stale(self) -> bool:
        """Whether the hotline has been out of reach for so long that somebody should look."""
        return self.contact_age_seconds is None or self.contact_age_seconds > STALE_AFTER_SECONDS


class FollowedList:
    """A list as `takeback gate sync` keeps it in a store; safe to use from many threads.

    `name`: what the operator calls it; by default the name of the store's folder. `optional`:
    whether uploads may be checked without it. `appeals`: the page to which whoever posted an upload
    is sent to ask for a check; by default that of the hotline.
    """

    def __init__(
        self,
        store: Store,
        policy: MatchPolicy | None = None,
        *,
        name: str | None = None,
        optional: bool = False,
        appeals: str | None = None,
    ) -> None:
        """Raises ValueError for an address of appeals that no link can lead to."""
        self.store = store
        self.policy = policy or MatchPolicy()
        self.name = store.folder.name if name is None else name
        self.optional = optional
        self.outbox = Outbox(store)
        self._appeals = appeal_address(appeals) if appeals is not None else None
        self._in_force = SnapshotInForce(store, self.policy)
        self._standing = ListStanding()
        self._standing_read = -_STANDING_SECONDS
        self._purpose: tuple[str, PurposeEvent | None] | None = None

    def matcher(self) -> Matcher:
        """Return the matcher of what is in force; raises NoListError if nothing is."""
        matcher = self._in_force.matcher()
        if matcher is None:
            raise NoListError(
                self._in_force.problem
                or f"No list is in force in {self.store.folder} yet. "
                f"Run `{self.store.sync_command()}`."
            )
        if not self._usable():
            raise ListOutOfForceError(f"No list is in force any more. {self._standing.why}")
        return matcher

    def match(
        self,
        matcher: Matcher,
        upload: UploadFingerprints,
        others: Sequence[OneList],
        confirmations: ConfirmationReader,
    ) -> MatchResult:
        """Match an upload against this list, as `matcher` of it knows it.

        Where the list's purpose asks for several confirmations, an entry of the confirmed lane that
        has fewer counts as self-reported. `others`: the further lists in force, whose hotlines may
        have confirmed it; `confirmations` reads whether they have.
        """
        result = matcher.match(upload)
        origin = matcher.listed.source.origin
        purpose = self._purpose_of(origin)
        if purpose is None or purpose.confirmations == 1:
            return result
        narrowed = replace(self.policy, confirmed=self.policy.self_reported)
        unconfirmed = Matcher(matcher.listed, narrowed).match(upload)
        found = [*result.matches, *unconfirmed.matches]
        doubtful = {match.entry for match in found if match.lane is Lane.CONFIRMED}
        here = OneList(origin, self.store)
        confirmed = confirmations.confirmed(here, purpose, doubtful, others)
        counting = [match for match in result.matches if match.entry not in doubtful - confirmed]
        counting += [
            replace(match, lane=Lane.SELF_REPORTED)
            for match in unconfirmed.matches
            if match.entry in doubtful - confirmed
        ]
        return MatchResult.of(counting)

    def held(self, entries: Iterable[str]) -> set[str]:
        """Return those of the entries that are on this list now, suspended or not."""
        with self.store.read_list() as connection:
            return {entry for entry in entries if is_known(connection, entry)}

    @property
    def origin(self) -> str | None:
        """Origin of the log that is followed, None before the first sync."""
        log = self.store.followed_log()
        return log.origin if log is not None else None

    @property
    def appeals(self) -> str | None:
        """Where to ask for a check of what this list stopped; None before the first sync."""
        if self._appeals is not None:
            return self._appeals
        log = self.store.followed_log()
        return f"{log.hotline}/appeal" if log is not None and log.hotline else None

    def health(self) -> ListHealth:
        """Return which state is in force and how fresh it is."""
        matcher = self._in_force.matcher()
        log = self.store.followed_log()
        age = None
        if log is not None and log.contacted_at is not None:
            age = max(0.0, (datetime.now(UTC) - log.contacted_at).total_seconds())
        with self.store.read_list() as connection:
            unknown = count_unknown(connection)
        waiting, refused = self.outbox.counts()
        listed = matcher.listed if matcher else None
        return ListHealth(
            name=self.name,
            optional=self.optional,
            in_force=listed.source if listed else None,
            entries=listed.entries if listed else 0,
            contact_age_seconds=age,
            feedback_waiting=waiting,
            feedback_refused=refused,
            problem=self._in_force.problem,
            standing=read_standing(self.store),
            signals_unknown=unknown,
        )

    def _usable(self) -> bool:
        now = time.monotonic()
        if now - self._standing_read >= _STANDING_SECONDS:
            # The time first: a thread that comes in between goes by what was known.
            self._standing_read = now
            self._standing = read_standing(self.store)
        return self._standing.is_usable(datetime.now(UTC))

    def _purpose_of(self, origin: str) -> PurposeEvent | None:
        """Return what the log states first; it never changes, so it is read once."""
        if self._purpose is None or self._purpose[0] != origin:
            log = self.store.followed_log()
            self._purpose = (origin, log.rules.purpose if log is not None else None)
        return self._purpose[1]
