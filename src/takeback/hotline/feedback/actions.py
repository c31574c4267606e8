"""Takes in what platforms say; each in one transaction."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction

from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import Acknowledgement, FeedbackItem, FeedbackReceipt, FeedbackValue
from takeback.hotline.audit.domain import PLATFORMS, Actor
from takeback.hotline.entries import actions as entries_actions
from takeback.hotline.entries.actions import lock_entries, suspend_entry
from takeback.hotline.feedback.access import doubting_platforms, newest_vote
from takeback.hotline.feedback.domain import UnknownCheckpointError
from takeback.hotline.feedback.models import Feedback, KeyAcknowledgement
from takeback.hotline.log.access import frontier_at, standing_in_log
from takeback.hotline.platforms.access import following_count
from takeback.hotline.platforms.domain import AdmittedKey, FollowingPlatform
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require
from takeback.signals.lanes import Lane


@transaction.atomic
def record_feedback(platform: FollowingPlatform, items: Iterable[FeedbackItem]) -> FeedbackReceipt:
    """Keep what a platform said; an `id` that it sent before changes nothing.

    A time in the future is kept as now. Entries that never reached the log are unknown. An entry of
    which enough platforms say that it is not the same is suspended, unless gates are tried with it;
    the receipt does not say so.
    """
    ordered = sorted(items, key=lambda item: item.entry)
    doubted = sorted({item.entry for item in ordered if item.value is FeedbackValue.NOT_THE_SAME})
    rows = lock_entries(doubted)  # votes that come at once are counted one after the other
    # Test pictures are for trying a gate: any answer about one may be part of the trial.
    doubted = [entry for entry in doubted if entry in rows and rows[entry].lane != Lane.TEST]
    wanted = {item.entry for item in ordered}
    known = standing_in_log(sorted(wanted))
    now = datetime.now(UTC)
    kept = [
        Feedback(
            platform_id=platform.id,
            said_id=item.id,
            entry_id=item.entry,
            value=item.value,
            time=min(item.time, now),
        )
        for item in ordered
        if item.entry in known
    ]
    Feedback.objects.bulk_create(kept, ignore_conflicts=True)
    for entry in doubted:
        if entry in known and doubting_platforms(entry) >= _enough_to_suspend():
            suspend_entry(entry, "not_the_same", PLATFORMS)
    unknown = tuple(EntryId(entry) for entry in sorted(wanted - known))
    return FeedbackReceipt(accepted=len(kept), unknown=unknown)


def _enough_to_suspend() -> int:
    """How many platforms it takes: as set, but never more than there are."""
    return max(1, min(settings.NOT_THE_SAME_PLATFORMS, following_count()))


@transaction.atomic
def record_acknowledgement(key: AdmittedKey, acknowledgement: Acknowledgement) -> None:
    """Keep up to where the gate of a key says the list is in force; an older state changes nothing,
    and the same one is as new as it was said last.

    Raises UnknownCheckpointError if the log never had this root at this size: the gate follows
    something else.
    """
    frontier = frontier_at(acknowledgement.size)
    if frontier is None or acknowledgement.root != frontier.root().hex():
        raise UnknownCheckpointError("The log never had this root at this size.")
    known, made = KeyAcknowledgement.objects.select_for_update().get_or_create(
        key_id=key.id, defaults={"size": acknowledgement.size, "acknowledged_at": datetime.now(UTC)}
    )
    if not made and known.size <= acknowledgement.size:
        known.size, known.acknowledged_at = acknowledgement.size, datetime.now(UTC)
        known.save(update_fields=["size", "acknowledged_at"])


def forget_acknowledgements() -> None:
    """Forget what gates said of a log that another takes the place of."""
    KeyAcknowledgement.objects.all().delete()


@transaction.atomic
def resume_entry(entry: EntryId, actor: Actor) -> bool:
    """Put a suspended entry into force again; says whether that changed anything.

    What platforms have said of it so far will not suspend it again. Raises UnknownEntryError for an
    entry that is not in the log, and NotPermittedError.
    """
    require(actor, Permission.RESUME)
    lock_entries([entry])  # a vote that comes meanwhile counts after the resumption
    return entries_actions.resume_entry(entry, newest_vote(entry), actor)
