"""How entries now stand, for feeds that ask what has changed since a time."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from takeback.hotline.feeds.domain import ChangeState


class LatestChange(models.Model):
    """How an entry now stands in the log, for feeds that ask what has changed since a time.

    `added`: log index of the event that added it; `index`: of the latest event about it; `stamp`:
    second since the epoch at which that was published, never less than that of an earlier index.
    `lane`: the one it is in; `lanes`: all that it ever was in. `pdq`: of the whole picture; after a
    withdrawal it is kept for a while only if platforms read feeds that know entries by nothing
    else (docs/compatible-feeds.md).
    """

    entry = models.OneToOneField(
        "entries.Entry", models.PROTECT, primary_key=True, related_name="+"
    )
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
