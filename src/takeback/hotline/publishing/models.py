"""The tables of the list: entries, the log with its Merkle tree, platforms and what they said.

The log is append-only in the database itself (migration 0001): a trigger refuses every change but
one, the erasing of an opening.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.publishing.domain import ALL_LANES, ChangeState, HoldReason, WaitsFor
from takeback.signals.lanes import Lane

_ENTRY_LETTERS = 26


class Log(models.Model):
    """The one log; its row is locked while events are sealed into it.

    `origin` is fixed when the log begins: a gate that pinned it must never meet another. `mark`
    tells this database's log from that of any other. `first_key`: the secret file of the key with
    which it begins.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    origin = models.CharField(max_length=255)
    mark = models.UUIDField(default=uuid.uuid4)
    first_key = models.CharField(max_length=40, default="log-key")

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="one_log"),)


class Entry(models.Model):
    """One listed picture. Which case it belongs to is not known here.

    `pdq`: that of the whole picture, 32 bytes, while it is not withdrawn; `checked_in`: the batch
    in which it was checked, None before. `votes_seen`: the last feedback that a person had before
    them when they put it into force again.
    """

    id = models.CharField(max_length=_ENTRY_LETTERS, primary_key=True)
    lane = models.CharField(max_length=16, choices=[(lane.value, lane.value) for lane in Lane])
    listed_at = models.DateTimeField()
    suspended_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    pdq = models.BinaryField(null=True)
    checked_in = models.BigIntegerField(null=True, db_index=True)
    votes_seen = models.BigIntegerField(default=0)


class PendingEvent(models.Model):
    """An event that is not in the log yet: its canonical bytes.

    `entry`: None for an event that is about no entry; `adds`: whether it brings one into force,
    which only so many events a day may do; `waits_for`: nothing, or what must come first;
    `sent_in`: the transaction that listed it, so that pictures of one report are not counted as a
    crowd.
    """

    entry = models.ForeignKey(Entry, models.PROTECT, null=True)
    event = models.BinaryField()
    adds = models.BooleanField()
    waits_for = models.CharField(
        max_length=8,
        default=WaitsFor.NOTHING,
        blank=True,
        choices=[(one.value, one.value) for one in WaitsFor],
    )
    sent_in = models.BigIntegerField(null=True)

    class Meta:
        indexes = (models.Index(fields=("waits_for", "adds", "id"), name="what_can_be_sealed"),)


class Hold(models.Model):
    """An entry that a person looks at before it goes out.

    `close_to`: pairs of a name and a distance in bits, the nearest ten of `count`; emptied when
    the entry is withdrawn. `decided_at`: when it was released or kept off; None while it waits.
    """

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True)
    since = models.DateTimeField()
    reason = models.CharField(
        max_length=16, choices=[(reason.value, reason.value) for reason in HoldReason]
    )
    count = models.IntegerField(default=0)
    close_to = models.JSONField(default=list)
    decided_at = models.DateTimeField(null=True, db_index=True)


class LogEntry(models.Model):
    """The log at one index: the commitment for ever, the opening until it is erased.

    `lanes`: bits of the lanes in which its entry had been by then, None for an event of no entry.
    """

    index = models.BigIntegerField(primary_key=True)
    entry = models.ForeignKey(Entry, models.PROTECT, null=True)
    commitment = models.BinaryField()
    nonce = models.BinaryField(null=True)
    event = models.BinaryField(null=True)
    lanes = models.SmallIntegerField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(index__gte=0), name="log_index_from_zero"),
            models.CheckConstraint(
                condition=Q(nonce__isnull=True, event__isnull=True)
                | Q(nonce__isnull=False, event__isnull=False),
                name="opening_whole_or_gone",
            ),
        )


class TileHash(models.Model):
    """The hash of one full tile: level 1 and above of the tiled Merkle tree."""

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("level", "index"), name="one_hash_a_tile"),)


class Checkpoint(models.Model):
    """A signed state of the log; the right edge of the tree and the log's rules at it.

    `frontier`: as `Frontier.to_bytes` writes it; `rules`: as `LogRules.to_json` does.
    """

    size = models.BigIntegerField(primary_key=True)
    note = models.BinaryField()
    frontier = models.BinaryField()
    rules = models.JSONField()
    sealed_at = models.DateTimeField()


class Cosignature(models.Model):
    """What a witness said of a checkpoint: the signature line, with its newline.

    `key`: the witness's name and the hash of its key, as in signature lines.
    """

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT)
    key = models.CharField(max_length=300)
    line = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("checkpoint", "key"), name="cosigned_once"),)


class Publication(models.Model):
    """A checkpoint that everybody gets: enough witnesses have cosigned it, if any must."""

    checkpoint = models.OneToOneField(Checkpoint, models.PROTECT, primary_key=True)
    published_at = models.DateTimeField()


class WitnessState(models.Model):
    """What is known of a witness: what it cosigned last, and why it did not cosign since."""

    key = models.CharField(max_length=300, primary_key=True)
    size = models.BigIntegerField(default=0)
    cosigned_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, default="")


class Platform(models.Model):
    """A service that follows the list."""

    name = models.CharField(max_length=80, unique=True)
    added_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)


class PlatformKey(models.Model):
    """A key of a platform; of its token only a digest is kept.

    `review_process`: how people there review what matches, as stated when the key was made;
    `last_used_at`: to the minute, so that not every request writes.
    """

    platform = models.ForeignKey(Platform, models.PROTECT)
    digest = models.BinaryField(unique=True)
    scopes = ArrayField(models.CharField(max_length=32))
    review_process = models.TextField(blank=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)


class PlatformInvitation(models.Model):
    """A link with which a platform's engineer makes one key; of the link only a digest is kept.

    `scopes`: those that the engineer may choose from; `key_days`: how long the key will live.
    """

    name = models.CharField(max_length=80)
    digest = models.BinaryField(unique=True)
    scopes = ArrayField(models.CharField(max_length=32))
    key_days = models.IntegerField()
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class Webhook(models.Model):
    """An address at which a platform is told of new checkpoints.

    `delivered_size`: the last one that it took; `problem`: why it has not taken a newer one.
    """

    platform = models.ForeignKey(Platform, models.PROTECT)
    url = models.CharField(max_length=500)
    made_at = models.DateTimeField()
    delivered_size = models.BigIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, default="", blank=True)


class WebhookDelivery(models.Model):
    """A checkpoint that a webhook has to be told of: it waits until `due_at`, or was given up.

    `message`: what the webhook knows it by; the same at each try.
    """

    webhook = models.ForeignKey(Webhook, models.CASCADE)
    size = models.BigIntegerField()
    message = models.UUIDField()
    tries = models.IntegerField(default=0)
    due_at = models.DateTimeField()
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("webhook",), condition=Q(given_up_at=None), name="one_waits_a_webhook"
            ),
        )


class KeyAcknowledgement(models.Model):
    """The largest state of the log that a gate says is in force there, and since when.

    By the gate's key: a platform with several gates gives each its own.
    """

    key = models.OneToOneField(PlatformKey, models.PROTECT, primary_key=True)
    size = models.BigIntegerField()
    acknowledged_at = models.DateTimeField()


class Canary(models.Model):
    """An entry that only one platform gets: whoever else shows it has it from there.

    `digests`: each of its fingerprints in hex; kept after a withdrawal, a leak may come to light
    late.
    """

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True)
    platform = models.ForeignKey(Platform, models.PROTECT)
    digests = ArrayField(models.CharField(max_length=64))
    made_at = models.DateTimeField()


class Confirmation(models.Model):
    """An event of another hotline's log, and the entry it is about, that this one has confirmed."""

    origin = models.CharField(max_length=255)
    entry = models.CharField(max_length=_ENTRY_LETTERS)
    index = models.BigIntegerField()
    commitment = models.CharField(max_length=64)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("origin", "entry"), name="one_confirmation_an_entry"),
        )


class PlatformFetch(models.Model):
    """When a platform had first fetched the log up to a size, of the lanes whose bits are set."""

    platform = models.ForeignKey(Platform, models.PROTECT)
    size = models.BigIntegerField()
    lanes = models.SmallIntegerField(default=ALL_LANES)
    fetched_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("platform", "size", "lanes"), name="one_fetch_a_size"),
        )


class Feedback(models.Model):
    """One thing a platform said of one entry; `said_id` is the platform's own id for it."""

    platform = models.ForeignKey(Platform, models.PROTECT)
    said_id = models.UUIDField()
    entry = models.ForeignKey(Entry, models.PROTECT)
    value = models.CharField(
        max_length=16, choices=[(value.value, value.value) for value in FeedbackValue]
    )
    time = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("platform", "said_id"), name="said_once"),)
        indexes = (models.Index(fields=("entry", "platform")),)


class LatestChange(models.Model):
    """How an entry now stands in the log, for feeds that ask what has changed since a time.

    `added`: log index of the event that added it; `index`: of the latest event about it; `stamp`:
    second since the epoch at which that was published, never less than that of an earlier index.
    `lane`: the one it is in; `lanes`: all that it ever was in. `pdq`: of the whole picture; after a
    withdrawal it is kept for a while only if platforms read feeds that know entries by nothing
    else (docs/compatible-feeds.md).
    """

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True)
    added = models.BigIntegerField(unique=True)
    index = models.BigIntegerField(unique=True)
    stamp = models.BigIntegerField()
    state = models.CharField(
        max_length=16, choices=[(state.value, state.value) for state in ChangeState]
    )
    lane = models.CharField(max_length=16)
    lanes = ArrayField(models.CharField(max_length=16))
    pdq = models.BinaryField(null=True)
    md5 = models.BinaryField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("stamp", "index"), name="change_by_stamp"),
            models.Index(fields=("pdq",), name="change_by_pdq"),
        )


class PublicationClock(models.Model):
    """The one clock of changes: none to come is stamped before `stamp`, in seconds of the epoch.

    `hashes_read_at`: when a feed that knows entries by their fingerprint was last read.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    stamp = models.BigIntegerField(default=0)
    hashes_read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="one_clock"),)
