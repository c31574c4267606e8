"""Lists again, in a log that takes the place of a lost one, what gates still hold of it.

The database comes from a backup, and knows less; the gates have no openings, nonces or cases.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from itertools import islice
from pathlib import Path
from typing import Final

from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    EntryId,
    ResumedEvent,
    parse_event,
)
from takeback.hashlist.recovery_copy import RecoveryCopy, RecoveryCopyError, content_digest
from takeback.hotline.audit.actions import record_all
from takeback.hotline.audit.domain import OPERATOR, Verb
from takeback.hotline.entries.actions import whole_picture
from takeback.hotline.entries.beginning_anew import addition, lock_all_entries
from takeback.hotline.entries.confirmations import confirmed_again
from takeback.hotline.entries.domain import HoldReason, as_appended
from takeback.hotline.entries.holds import Finding, hold
from takeback.hotline.entries.models import Entry, Hold
from takeback.hotline.log.access import (
    indexes_of,
    last_pending,
    newest_contents,
    published_size,
    standing_in_log,
)
from takeback.hotline.log.actions import append, take_back_pending
from takeback.hotline.log.continuity.doubts import doubted_since, size_before_restore
from takeback.hotline.log.continuity.shown import NotOursError, own_checkpoint
from takeback.hotline.log.domain import NewEvent, RecoveredEntries, WaitsFor
from takeback.signals.lanes import Lane

_AT_A_TIME: Final = 5000
_CLOCKS: Final = timedelta(minutes=5)
"""How far the clocks of a hotline and a gate may be apart; they decide nothing that is closer."""
_NOT_REPORTED: Final = frozenset({Lane.IMPORTED, Lane.TEST})


class _Fate(Enum):
    """What gates say of an entry that the backup knows."""

    STANDS = auto()
    CHANGED = auto()
    SUSPENDED = auto()
    GONE = auto()
    """It was taken off the list since the backup."""
    UNSURE = auto()
    """It is on no gate's list; it may have gone, or never have reached one."""
    UNSEEN = auto()
    """No gate has a copy of its lane."""


@dataclass
class _Recovery:
    """One recovery under way: the copies, the freshest first, and what came of each entry."""

    origin: str
    copies: list[RecoveryCopy]
    sure_below: int
    doubted_since: datetime | None
    changed: set[str] = field(default_factory=set)
    standing: set[str] = field(default_factory=set)
    held: dict[str, HoldReason] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    let_out: list[str] = field(default_factory=list)
    without_case: list[str] = field(default_factory=list)
    left_to_imports: int = 0

    def copy_of_lane(self, lane: Lane) -> RecoveryCopy | None:
        """Return the freshest copy that has entries of a lane: what it lacks of it has gone."""
        return next((copy for copy in self.copies if lane in copy.lanes), None)

    def fate(
        self,
        event: AddedEvent | AmendedEvent | ResumedEvent,
        first_index: int | None,
        listed_at: datetime,
    ) -> _Fate:
        """Say what gates say of an entry; `first_index`: where the log lists it, if it does."""
        copy = self.copy_of_lane(event.lane)
        if copy is None:
            return _Fate.UNSEEN
        if (digest := copy.live.get(event.entry)) is not None:
            return _Fate.STANDS if digest == content_digest(event) else _Fate.CHANGED
        if event.entry in copy.head.suspended:
            return _Fate.SUSPENDED
        if first_index is None:
            return _Fate.UNSEEN if self._is_later(copy, listed_at) else _Fate.UNSURE
        contact = copy.head.contacted_at
        if first_index < self.sure_below or (contact and listed_at < contact - _CLOCKS):
            return _Fate.GONE
        return _Fate.STANDS if self._is_later(copy, listed_at) else _Fate.UNSURE

    def _is_later(self, copy: RecoveryCopy, listed_at: datetime) -> bool:
        """Whether an entry came after the restore, so that no gate can know of it."""
        if self.doubted_since is not None and listed_at > self.doubted_since:
            return True
        contact = copy.head.contacted_at
        return contact is not None and listed_at > contact + _CLOCKS


def list_what_gates_hold(origin: str, files: Sequence[Path]) -> RecoveredEntries:
    """Append for the log of another origin what the list was, by the backup and by gates' copies.

    In the transaction that begins it. The freshest copy with entries of a lane decides: what it
    holds is listed, what it lacks of the backup was withdrawn since and is not. What can't be
    decided waits for a person, and so does what was suspended. What the backup does not know is
    checked as a new entry is, and has no case any more. Imported and test entries that the backup
    does not know are left to the next import. Raises RecoveryCopyError.
    """
    copies = sorted(map(_checked, files), key=lambda pair: pair[0], reverse=True)
    if not copies:
        raise RecoveryCopyError("Give at least one file of a gate.")
    lock_all_entries()
    recovery = _Recovery(
        origin, [copy for _, copy in copies], size_before_restore(), doubted_since()
    )
    waited = last_pending()
    for contents in newest_contents():
        _list_known(recovery, contents)
    while pending := take_back_pending(waited, _AT_A_TIME):
        _keep_waiting(recovery, pending)
    for copy in recovery.copies:
        events = copy.entries()
        while batch := list(islice(events, _AT_A_TIME)):
            _list_held_by_gates(recovery, copy, batch)
    _settle(recovery)
    append(NewEvent(event) for event in confirmed_again())
    return RecoveredEntries(
        origin=origin,
        listed=len(recovery.standing),
        held=len(recovery.held),
        withdrawn=len(recovery.gone),
        without_case=len(recovery.without_case),
        left_to_imports=recovery.left_to_imports,
    )


def _checked(path: Path) -> tuple[int, RecoveryCopy]:
    """Read a copy, and require that a key of this log has signed its state."""
    copy = RecoveryCopy.read(path)
    try:
        size = own_checkpoint(copy.head.checkpoint).size
    except NotOursError as error:
        raise RecoveryCopyError(f"{path} is not of this log. {error}") from error
    if size < published_size():
        raise RecoveryCopyError(
            f"{path} is of {size} events, and this database has {published_size()}: that gate "
            "knows less than the backup."
        )
    return size, copy


def _list_known(recovery: _Recovery, contents: list[tuple[str, bytes]]) -> None:
    """List again what the backup has in its log, as far as gates still have it."""
    rows = Entry.objects.filter(id__in=[entry for entry, _ in contents], withdrawn_at=None)
    known = {row.id: row for row in rows}
    first = {entry: found[0] for entry, found in indexes_of(list(known)).items()}
    appended = []
    for entry, written in contents:
        row, event = known.get(entry), parse_event(written)
        if row is None or not isinstance(event, AddedEvent | AmendedEvent | ResumedEvent):
            continue
        fate = recovery.fate(event, first.get(entry), row.listed_at)
        if fate is _Fate.UNSEEN and event.lane in _NOT_REPORTED:
            fate = _Fate.STANDS  # whoever lists it elsewhere takes it off here, too
        if fate is _Fate.GONE:
            recovery.gone.append(entry)
        elif row.suspended_at is not None or fate is _Fate.SUSPENDED:
            recovery.held[entry] = HoldReason.SUSPENDED
        elif fate in (_Fate.UNSURE, _Fate.UNSEEN):
            recovery.held[entry] = HoldReason.RECOVERED
        elif fate is _Fate.CHANGED:
            recovery.changed.add(entry)
            continue
        else:
            recovery.standing.add(entry)
        if fate is not _Fate.GONE:
            waits_for = WaitsFor.PERSON if entry in recovery.held else WaitsFor.NOTHING
            appended.append(addition(event, recovery.origin, waits_for))
    append(appended)


def _keep_waiting(recovery: _Recovery, waited: Sequence[NewEvent]) -> None:
    """Keep what waited to go into the log, unless gates have it by now."""
    subjects = [new.event.entry for new in waited if isinstance(new.event, AddedEvent)]
    in_log = standing_in_log(subjects)
    rows = Entry.objects.filter(id__in=subjects, withdrawn_at=None)
    listed_at = dict(rows.values_list("id", "listed_at"))
    kept = []
    for new in waited:
        event, waits_for = new.event, new.waits_for
        if isinstance(event, AmendedEvent) and event.entry in recovery.standing:
            provenance = event.provenance.model_copy(update={"hotline": recovery.origin})
            amended = event.model_copy(update={"provenance": provenance})
            kept.append(as_appended(amended, waits_for, new.sent_in))
        if not isinstance(event, AddedEvent) or event.entry in in_log:
            continue
        if event.entry not in listed_at:
            continue
        fate = recovery.fate(event, None, listed_at[event.entry])
        if fate is _Fate.CHANGED:
            recovery.changed.add(event.entry)
            continue
        if fate is _Fate.STANDS:  # it was let out since, by the check or by a person
            recovery.standing.add(event.entry)
            recovery.let_out.append(event.entry)
            waits_for = WaitsFor.NOTHING
        elif waits_for is not WaitsFor.PERSON and fate is not _Fate.UNSEEN:
            recovery.held[event.entry] = HoldReason.RECOVERED
            waits_for = WaitsFor.PERSON
        kept.append(addition(event, recovery.origin, waits_for, new.sent_in))
    append(kept)


def _list_held_by_gates(
    recovery: _Recovery, copy: RecoveryCopy, events: Sequence[AddedEvent]
) -> None:
    """List what only a gate knows: entries since the backup, and what became of earlier ones."""
    known = set(
        Entry.objects.filter(id__in=[event.entry for event in events]).values_list("id", flat=True)
    )
    now = datetime.now(UTC)
    appended, rows = [], []
    for event in events:
        is_known = event.entry in known
        if recovery.copy_of_lane(event.lane) is not copy or (
            is_known and event.entry not in recovery.changed
        ):
            continue
        if not is_known and event.provenance.source != "reporter":
            recovery.left_to_imports += 1
            continue
        if not is_known:
            recovery.without_case.append(event.entry)
        pdq = whole_picture(event.signals) if event.provenance.source == "reporter" else None
        rows.append(
            Entry(id=event.entry, lane=event.lane, listed_at=now, recovered_at=now, pdq=pdq)
        )
        recovery.standing.add(event.entry)
        appended.append(addition(event, recovery.origin, WaitsFor.CHECK))
    Entry.objects.bulk_create(row for row in rows if row.id not in known)
    Entry.objects.bulk_update([row for row in rows if row.id in known], ["lane", "pdq"])
    append(appended)


def _settle(recovery: _Recovery) -> None:
    """Write down what became of entries that are not simply listed again."""
    now = datetime.now(UTC)
    Entry.objects.filter(id__in=recovery.gone).update(withdrawn_at=now, pdq=None)
    _end_holds(recovery.gone, now)
    _end_holds([*recovery.changed, *recovery.let_out], now)
    hold({entry: Finding(reason) for entry, reason in recovery.held.items()})
    Entry.objects.filter(id__in=list(recovery.held)).update(suspended_at=None)
    record_all(Verb.ENTRY_NOT_RECOVERED, [EntryId(entry) for entry in recovery.gone], OPERATOR)
    record_all(Verb.ENTRY_RECOVERED, [EntryId(entry) for entry in recovery.without_case], OPERATOR)


def _end_holds(entries: Iterable[str], now: datetime) -> None:
    Hold.objects.filter(entry__in=list(entries), decided_at=None).update(decided_at=now)
