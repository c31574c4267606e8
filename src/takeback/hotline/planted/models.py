"""Entries of no reported picture."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Canary(models.Model):
    """An entry that only one platform gets: anyone else who shows it has it from there.

    `digests`: each of its fingerprints in hex; kept after a withdrawal, a leak may come to light
    late.
    """

    entry = models.OneToOneField(
        "entries.Entry", models.PROTECT, primary_key=True, related_name="+"
    )
    platform = models.ForeignKey("platforms.Platform", models.PROTECT, related_name="+")
    digests = ArrayField(models.CharField(max_length=64))
    made_at = models.DateTimeField()
