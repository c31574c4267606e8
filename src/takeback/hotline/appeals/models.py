"""The table of appeals; nothing that a person wrote stands in it in the open."""

import uuid

from django.db import models

from takeback.hotline.appeals.domain import Answer


class Appeal(models.Model):
    """One appeal. `lookup_digest`: HMAC of what its code derives to, under the secret `pepper`.

    `statement`: platform, reference and words, sealed; `entry`: the list entry that the reference
    leads to, or nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lookup_digest = models.BinaryField(unique=True, max_length=32)
    statement = models.BinaryField()
    entry = models.CharField(max_length=26, blank=True)
    sent_on = models.DateField()
    answer = models.CharField(
        max_length=16, blank=True, choices=[(answer.value, answer.value) for answer in Answer]
    )
    answered_on = models.DateField(null=True)
