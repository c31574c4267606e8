"""The table of visits: sealed sessions."""

from django.db import models


class SealedSession(models.Model):
    """One visit between the first question and the last; opened only by the visitor's cookie."""

    id = models.BinaryField(primary_key=True, max_length=32)
    data = models.BinaryField()
    expires = models.DateTimeField(db_index=True)
