"""What platforms send back: feedback and acknowledgements, in short forms for tests."""

import uuid
from datetime import UTC, datetime

from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import Acknowledgement, FeedbackItem, FeedbackValue
from takeback.hotline.feedback.actions import record_acknowledgement
from takeback.hotline.log import access as log_access
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms.actions import add_platform
from takeback.hotline.platforms.admission import admitted_with
from takeback.hotline.platforms.domain import AdmittedKey, FollowingPlatform
from takeback.hotline.platforms.models import PlatformKey
from takeback.tlog.checkpoint import open_checkpoint
from takeback.tlog.signed_note import VerifierKey
from tests.support.followers import some_signals
from tests.support.listing import list_picture

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def platform(name: str) -> FollowingPlatform:
    return admitted_with(add_platform(name))


def listed() -> EntryId:
    entry = list_picture(some_signals())
    sequence_pending()
    return entry


def feedback_item(
    entry: EntryId, value: FeedbackValue = FeedbackValue.BLOCKED, time: datetime = NOON
) -> FeedbackItem:
    return FeedbackItem(id=uuid.uuid4(), entry=entry, value=value, time=time)


def key_of(platform: FollowingPlatform) -> AdmittedKey:
    key = PlatformKey.objects.filter(platform=platform.id).earliest("id")
    return AdmittedKey(key.id, platform, frozenset(key.scopes))


def acknowledge(platform: FollowingPlatform, key: AdmittedKey | None = None) -> None:
    note = log_access.current_checkpoint()[1]
    state = open_checkpoint(note, VerifierKey.parse(log_access.verifier_key_line()))
    acknowledgement = Acknowledgement(size=state.size, root=state.root_hash.hex())
    record_acknowledgement(key or key_of(platform), acknowledgement)
    record_acknowledgement(key or key_of(platform), acknowledgement)
