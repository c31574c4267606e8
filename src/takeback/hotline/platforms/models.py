"""Who follows the list, with which keys, and how far each has read."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from takeback.signals.lanes import ALL_LANES


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
