"""The tables of the log: append-only in the database itself (migration 0001)."""

import uuid

from django.db import models
from django.db.models import Q

from takeback.hotline.log.domain import MOST_SUBJECT, DoubtKind, Priority, WaitsFor


class Log(models.Model):
    """The one log; its row is locked while events are sequenced into it.

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


class PendingEvent(models.Model):
    """An event that is not in the log yet: its canonical bytes.

    `subject`: whom it is about, None for nobody; `kind`: the event's type; `adds`: whether it
    brings something into force, which only so many events a day may do; `audience`: bits of the
    readers it opens its subject to; `sent_in`: the transaction in which it came.
    """

    subject = models.CharField(max_length=MOST_SUBJECT, null=True, db_index=True)
    kind = models.CharField(max_length=16)
    event = models.BinaryField()
    adds = models.BooleanField()
    audience = models.SmallIntegerField(default=0)
    priority = models.SmallIntegerField(
        default=Priority.FIRST, choices=[(priority.value, priority.name) for priority in Priority]
    )
    waits_for = models.CharField(
        max_length=8,
        default=WaitsFor.NOTHING,
        blank=True,
        choices=[(reason.value, reason.value) for reason in WaitsFor],
    )
    sent_in = models.BigIntegerField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("waits_for", "priority", "adds", "id"), name="what_can_go"),
        )


class LogEntry(models.Model):
    """The log at one index: the commitment for ever, the opening until it is erased.

    What the log is asked for stands beside the event: whom it is about, its kind, its priority,
    whether it adds. `audience`: bits of the readers that may have its opening, those of all its
    subject's events up to it; None for an event about nobody.
    """

    index = models.BigIntegerField(primary_key=True)
    subject = models.CharField(max_length=MOST_SUBJECT, null=True, db_index=True)
    kind = models.CharField(max_length=16)
    adds = models.BooleanField()
    priority = models.SmallIntegerField(
        choices=[(priority.value, priority.name) for priority in Priority]
    )
    audience = models.SmallIntegerField(null=True)
    commitment = models.BinaryField()
    nonce = models.BinaryField(null=True)
    event = models.BinaryField(null=True)

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
    signed_at = models.DateTimeField()


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


class Doubt(models.Model):
    """Why this database may not hold all that the log's key has signed.

    `source`: who or what says so; `size`: the events it knows of; `note`: the signed checkpoint
    that it shows, if it shows one; `why`: a sentence, where there is none. `settled_at`: when a
    doubt of the kind `restored` was settled; the worker removes it.
    """

    kind = models.CharField(max_length=8, choices=[(kind.value, kind.name) for kind in DoubtKind])
    source = models.CharField(max_length=300)
    size = models.BigIntegerField(default=0)
    note = models.BinaryField(null=True)
    why = models.CharField(max_length=500, default="", blank=True)
    since = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("kind", "source"), name="one_doubt_a_source"),
        )
