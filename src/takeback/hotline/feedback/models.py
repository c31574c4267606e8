"""What platforms say: of entries, and of what is in force there."""

from django.db import models

from takeback.hashlist.feedback import FeedbackValue


class KeyAcknowledgement(models.Model):
    """The largest state of the log that a gate says is in force there, and since when.

    By the gate's key: a platform with several gates gives each its own.
    """

    key = models.OneToOneField(
        "platforms.PlatformKey", models.PROTECT, primary_key=True, related_name="+"
    )
    size = models.BigIntegerField()
    acknowledged_at = models.DateTimeField()


class Feedback(models.Model):
    """One thing a platform said of one entry; `said_id` is the platform's own id for it."""

    platform = models.ForeignKey("platforms.Platform", models.PROTECT, related_name="+")
    said_id = models.UUIDField()
    entry = models.ForeignKey("entries.Entry", models.PROTECT, related_name="+")
    value = models.CharField(
        max_length=16, choices=[(value.value, value.value) for value in FeedbackValue]
    )
    time = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("platform", "said_id"), name="said_once"),)
        indexes = (models.Index(fields=("entry", "platform")),)
