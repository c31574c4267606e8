"""Tables of imports: which lists are followed how far, and what of them stands on this one."""

from django.db import models

from takeback.hotline.publishing.models import Entry

_MOST_NAME = 64


class Feed(models.Model):
    """A list of another organisation, under the name that its entries carry in the log.

    `source`: the shape and address of its server, or the format of its file: one name never mixes
    two. `checkpoint`: how far the server has been followed, None before it was read once to the
    end; `fetched_at`: when that was.
    """

    name = models.CharField(max_length=_MOST_NAME, primary_key=True)
    source = models.CharField(max_length=2100)
    checkpoint = models.JSONField(null=True)
    fetched_at = models.DateTimeField(null=True)


class ImportedEntry(models.Model):
    """Which entry of ours stands for which of theirs.

    `key`: SHA-256 of what it is called there, for some lists call it by its fingerprint; `content`:
    SHA-256 of its fingerprints as they were imported. Both go when it goes from their list.
    """

    feed = models.ForeignKey(Feed, models.PROTECT)
    key = models.BinaryField()
    content = models.BinaryField()
    entry = models.OneToOneField(Entry, models.PROTECT)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("feed", "key"), name="imported_once"),)
