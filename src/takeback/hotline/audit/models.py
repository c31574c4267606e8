"""The table of audit records; the database refuses to change or remove one."""

from django.db import models

from takeback.hotline.audit.domain import Act


class AuditRecord(models.Model):
    """One act, linked to the one before it."""

    position = models.BigIntegerField(primary_key=True)
    time = models.DateTimeField()
    verb = models.CharField(max_length=64)
    subject = models.CharField(max_length=128)
    actor = models.CharField(max_length=64)
    link = models.BinaryField()

    def act(self) -> Act:
        """Return the act without its link."""
        return Act(self.position, self.time, self.verb, self.subject, self.actor)
