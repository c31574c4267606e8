"""People and others who act in tests."""

from django.contrib.auth import login
from django.http import HttpRequest
from django.test import Client

from takeback.hotline.audit.domain import Actor
from takeback.hotline.foundation.sessions import SessionStore
from takeback.hotline.staff.actions import invite
from takeback.hotline.staff.domain import Role
from takeback.hotline.staff.models import Person


def person_with(role: Role, name: str = "") -> Person:
    """Somebody who works here in this role; the same person again for the same role and name."""
    name = name or f"Somebody, {role}"
    people = Person.objects.filter(name=name, role=role, is_active=True)
    if not people.exists():
        invite(name, role)
    return people.get()


def a_lead() -> Actor:
    """Somebody at the desk who may decide about entries."""
    return person_with(Role.LEAD).actor


def browser_of(person: Person, *, enforce_csrf_checks: bool = False) -> Client:
    """A browser in which this person has logged in; how they do is tested in tests/e2e."""
    client, request = Client(enforce_csrf_checks=enforce_csrf_checks), HttpRequest()
    request.session = SessionStore()
    login(request, person)
    request.session.save()
    client.cookies["desk"] = request.session.session_key or ""
    return client
