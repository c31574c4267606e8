"""The tables of visits, sealed sessions, and of the secret files that the database rests on."""

from django.db import models

from takeback.hotline.foundation.secret_notes.checking import TABLE


class SealedSession(models.Model):
    """One visit between the first question and the last; opened only by the visitor's cookie."""

    id = models.BinaryField(primary_key=True, max_length=32)
    data = models.BinaryField()
    expires = models.DateTimeField(db_index=True)


class SecretNote(models.Model):
    """A secret file that something here rests on, and a digest that tells it from any other."""

    name = models.CharField(primary_key=True, max_length=40)
    digest = models.BinaryField(max_length=32)

    class Meta:
        db_table = TABLE
