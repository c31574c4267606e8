"""Tables of the young person's cases.

Nothing a person wrote stands here in the open: addresses and answers are sealed, a case is found
only by an HMAC of what its code derives to, and dates are days.
"""

import uuid
from typing import ClassVar

from django.db import models


class Case(models.Model):
    """One report and all that follows from it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lookup_digest = models.BinaryField(unique=True, max_length=32)
    """HMAC-SHA256 of the look-up key under the secret `pepper`."""
    answers = models.BinaryField()
    """Age band, threat and apps, sealed by the hotline."""
    sealed_names = models.BinaryField(null=True)
    """The box: name and SHA-256 of each picture, sealed in the browser under the case code; the
    hotline can't open it."""


class CasePicture(models.Model):
    """A picture of a case, and the list entry made of it; the row stays when that is withdrawn."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="pictures")
    picture = models.UUIDField()
    """The id that the browser gave it; its name is sealed under this id."""
    number = models.PositiveSmallIntegerField()
    """From 1 in each case, in the order in which they came; no second picture ever gets it."""
    entry = models.CharField(max_length=26, unique=True)
    is_video = models.BooleanField()
    exact_only = models.BooleanField()
    """Changed copies can't be found: the picture has too little in it, or could not be read."""
    added_on = models.DateField()
    withdrawn_on = models.DateField(null=True)
    """When the young person stopped looking for copies of it."""

    class Meta:
        """Pictures stand in the order in which they came."""

        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "picture"], name="one_row_a_picture"),
            models.UniqueConstraint(fields=["case", "number"], name="one_picture_a_number"),
        ]


class CaseAddress(models.Model):
    """A web address of a case, sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="addresses")
    position = models.PositiveSmallIntegerField()
    address = models.BinaryField()

    class Meta:
        """Addresses stand in the order in which they were given."""

        ordering: ClassVar = ["position"]
