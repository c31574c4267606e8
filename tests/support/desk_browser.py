"""A browser at the desk in which somebody of the staff has logged in."""

import re
from html import unescape

from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client

from takeback.hotline.foundation.sessions import SessionStore
from takeback.hotline.staff import actions as staff_actions

FORM_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def at_the_desk(name: str = "Ana") -> Client:
    """A browser in which this person has logged in; how they do is tested in tests/e2e."""
    staff_actions.invite(name)
    client, request = Client(enforce_csrf_checks=True), HttpRequest()
    request.session = SessionStore()
    login(request, User.objects.get(username=name), "django.contrib.auth.backends.ModelBackend")
    request.session.save()
    client.cookies["desk"] = request.session.session_key or ""
    return client


def read(client: Client, path: str = "/desk/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())
