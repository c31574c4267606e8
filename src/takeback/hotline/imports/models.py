"""Tables of imports: which lists are followed how far, and what of them stands on this one."""

from django.db import models

_MOST_NAME = 64
_ENTRY_LETTERS = 26


class Feed(models.Model):
    """A list of another organisation, under the name that its entries carry in the log.

    `source`: the shape and address of its server, or the format of its file: one name never mixes
    two; nothing for a feed that was dropped, and is kept for what this hotline took off of it.
    `cursor`: how far the server has been followed, None before it was read once to the end;
    `fetched_at`: when that was.
    """

    name = models.CharField(max_length=_MOST_NAME, primary_key=True)
    source = models.CharField(max_length=2100)
    cursor = models.JSONField(null=True)
    fetched_at = models.DateTimeField(null=True)


class ImportedEntry(models.Model):
    """Which entry of ours stands for which of theirs.

    `key`: SHA-256 of what it is called there, for some lists call it by its fingerprint; `content`:
    SHA-256 of its fingerprints as they were imported. Both go when it goes from their list, unless
    this hotline took it off by itself: then they stay, so that it is never listed again.
    """

    feed = models.ForeignKey(Feed, models.PROTECT)
    key = models.BinaryField()
    content = models.BinaryField()
    entry = models.CharField(max_length=_ENTRY_LETTERS, unique=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("feed", "key"), name="imported_once"),)
