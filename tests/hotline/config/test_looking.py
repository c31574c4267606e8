"""Whoever only looks leaves nothing in the database, on whatever page and however often."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.urls import get_resolver

from takeback.hotline.limits.actions import forget_everyone
from takeback.hotline.platforms.actions import invite_platform
from takeback.hotline.staff.actions import invite
from takeback.hotline.staff.domain import Role
from tests.support.routes import routes
from tests.support.visiting import ORIGIN


def rows() -> dict[str, int]:
    """How many rows each table has."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        counts = {}
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            counts[name] = int(cursor.fetchone()[0])
    return counts


def addresses() -> Iterator[str]:
    for route in routes(get_resolver()):
        if route.leaf.name not in {"list-wait", "list-events"}:  # these need a key, and go on long
            yield route.address()
    yield f"/desk/join/{invite('Ana', Role.LEAD)}"
    yield f"/platforms/join/{invite_platform('Skylark')}"


@pytest.mark.django_db
def test_no_page_that_anybody_can_look_at_leaves_a_row() -> None:
    looked_at, answered = list(addresses()), set[int]()
    Client().get("/log/v1/key")  # the log has its one row from then on
    before = rows()
    for address in looked_at:
        client = Client()
        for ask in (client.get, client.get, client.head):  # twice, with what the first one set
            answered.add(ask(address).status_code)
        forget_everyone()
    assert rows() == before
    assert answered >= {200, 303, 401, 404, 405}
    assert not any(status >= 500 for status in answered)


@pytest.mark.django_db
def test_a_way_in_that_was_tried_in_vain_leaves_no_row_either() -> None:
    before = rows()
    for path in ("/desk/login", "/platforms/login", "/open", "/appeal/answer", "/appeal"):
        client = Client()
        client.get(path)
        assert client.post(path, {"code": "1", "key": "1"}, headers=ORIGIN).status_code == 422
    assert rows() == before
