"""A door says what stands behind it: its own words, and no others."""

import json
import re
from html import unescape

import pytest
from django.test import Client

from tests.support.visiting import ORIGIN, Visitor, picture_record

_DOOR = re.compile(r'class="app-door[ "].*?</(?:button|a)>', re.DOTALL)
_TITLE = re.compile(r'class="app-door__title">([^<]*)<')
_HINT = re.compile(r'class="app-door__hint">([^<]*)<')

pytestmark = pytest.mark.django_db


def doors(page: str) -> dict[str, list[str]]:
    """The title of each door, and the hints in it."""
    found = _DOOR.findall(unescape(page))
    return {_TITLE.findall(door)[0]: _HINT.findall(door) for door in found}


def test_each_door_of_the_start_page_has_its_own_hint() -> None:
    assert doors(Client().get("/").content.decode()) == {
        "Someone is threatening me": ["What to do right now"],
        "Stop copies of my picture": ["It stays on your phone."],
        "I have a code": ["See what happened"],
    }


def test_a_door_without_a_hint_does_not_have_that_of_the_door_before() -> None:
    assert doors(Client().get("/begun").content.decode()) == {
        "Someone is threatening me": ["What to do right now"],
        "Go to the start": [],
    }


def test_a_door_without_a_hint_stands_before_one_that_has_it() -> None:
    visitor = Visitor().begin().answer("age", age="13_15").answer("threat", threat="no")
    visitor.answer("pictures", pictures=json.dumps([picture_record()]), js="1")
    again = visitor.client.post("/begin", {"door": "copies"}, headers=ORIGIN, follow=True)
    assert doors(again.content.decode()) == {
        "Continue with it": [],
        "Start again": ["We will forget the pictures that you picked"],
    }
