"""The tables of audit records and of who may stand in one; the database refuses to change a row."""

from django.db import models

from takeback.hotline.audit.domain import Act, ActorKind


class KnownActor(models.Model):
    """An actor as the record names it. The record takes no act of anybody else."""

    name = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=16)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in ActorKind]),
                name="audit_kind_of_actor",
            ),
        )


class AuditRecord(models.Model):
    """One act, linked to the one before it.

    Its actor has a row in `KnownActor`. A trigger sees to that, once a statement: a foreign key
    would look it up once a row, and thousands are written at a time.
    """

    position = models.BigIntegerField(primary_key=True)
    time = models.DateTimeField()
    verb = models.CharField(max_length=64)
    subject = models.CharField(max_length=128)
    actor = models.CharField(max_length=64)
    link = models.BinaryField()

    def act(self) -> Act:
        """Return the act without its link."""
        return Act(self.position, self.time, self.verb, self.subject, self.actor)
