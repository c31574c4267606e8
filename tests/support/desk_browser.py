"""A browser at the desk in which somebody of the staff has logged in."""

import re
from html import unescape

from django.test import Client

from takeback.hotline.staff.domain import Role
from tests.support.actors import browser_of, person_with

FORM_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def at_the_desk(name: str = "Ana") -> Client:
    """A browser in which this person has logged in; how they do is tested in tests/e2e."""
    return browser_of(person_with(Role.LEAD, name), enforce_csrf_checks=True)


def read(client: Client, path: str = "/desk/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())
