"""What is listed, what waits for a person, and what is confirmed elsewhere."""

from django.db import models

from takeback.hotline.entries.domain import HoldReason
from takeback.signals.lanes import Lane

_ENTRY_LETTERS = 26


class Entry(models.Model):
    """One listed picture. Which case it belongs to is not known here.

    `pdq`: that of the whole picture, 32 bytes, while it is not withdrawn; `checked_in`: the batch
    in which it was checked, None before. `votes_seen`: the last feedback that a person had before
    them when they put it into force again. `recovered_at`: when it was listed again from what a
    gate held, because the case that it belongs to was lost; None for all others.
    """

    id = models.CharField(max_length=_ENTRY_LETTERS, primary_key=True)
    lane = models.CharField(max_length=16, choices=[(lane.value, lane.value) for lane in Lane])
    listed_at = models.DateTimeField()
    suspended_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    pdq = models.BinaryField(null=True)
    checked_in = models.BigIntegerField(null=True, db_index=True)
    votes_seen = models.BigIntegerField(default=0)
    recovered_at = models.DateTimeField(null=True, db_index=True)


class Hold(models.Model):
    """An entry that a person looks at before it goes out.

    `close_to`: pairs of a name and a distance in bits, the nearest ten of `count`; emptied when
    the entry is withdrawn. `of_amendment`: the entry is out as it was, and what it is to become
    waits. `decided_at`: when it was released or kept off; None while it waits.
    """

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True)
    since = models.DateTimeField()
    reason = models.CharField(
        max_length=16, choices=[(reason.value, reason.value) for reason in HoldReason]
    )
    count = models.IntegerField(default=0)
    close_to = models.JSONField(default=list)
    of_amendment = models.BooleanField(default=False)
    decided_at = models.DateTimeField(null=True, db_index=True)


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
