"""Addresses at which platforms are told of checkpoints."""

from django.db import models
from django.db.models import Q


class Webhook(models.Model):
    """An address at which a platform is told of new checkpoints.

    `delivered_size`: the last one that it took; `problem`: why it has not taken a newer one.
    """

    platform = models.ForeignKey("platforms.Platform", models.PROTECT, related_name="+")
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
