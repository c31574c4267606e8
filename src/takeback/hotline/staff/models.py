"""Tables of the people who work here and of their invitations; passkeys are allauth's."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from takeback.hotline.audit.domain import Actor, ActorKind
from takeback.hotline.staff.domain import MOST_NAME, Role


class People(BaseUserManager["Person"]):
    """The people who work here, or did; nobody is ever deleted, for the record names them."""


class Person(AbstractBaseUser):
    """One person, with one role. `is_active`: works here now.

    There are no passwords. Django's column for one holds what no password can be (`!` and random
    characters). A session is bound to it, so drawing it anew ends every session of the person.
    """

    name = models.CharField(max_length=MOST_NAME, unique=True)
    role = models.CharField(max_length=32)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "name"

    objects: ClassVar[People] = People()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]), name="staff_role"
            ),
            models.CheckConstraint(
                condition=models.Q(("password__startswith", "!")), name="staff_has_no_password"
            ),
        )

    @property
    def actor(self) -> Actor:
        """Who this is in the audit record."""
        return Actor(ActorKind.STAFF, self.pk)


class Invitation(models.Model):
    """A link with which one person registers one passkey; of the link only a digest is kept."""

    person = models.ForeignKey(Person, models.CASCADE)
    token_digest = models.BinaryField(unique=True)
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
