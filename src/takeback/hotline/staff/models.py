"""Tables of the desk; the people and their passkeys are Django's and allauth's own."""

from django.conf import settings
from django.db import models


class Invitation(models.Model):
    """A link with which one person registers one passkey; of the link only a digest is kept."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    token_digest = models.BinaryField(unique=True)
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
