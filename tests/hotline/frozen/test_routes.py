"""Every address of the hotline, its name, and the methods that it answers are kept.

Which function answers is not kept: that may move. `[language/]` stands before the addresses that
every language has its own of.
"""

import pytest
from django.test import Client
from django.urls import get_resolver

from tests.frozen.snapshots import assert_frozen_lines
from tests.support.routes import routes

METHODS = ("GET", "HEAD", "POST", "PUT")
NOT_ALLOWED = 405
SAME_ORIGIN = {"Origin": "http://testserver"}


def answered_methods(address: str) -> list[str]:
    return [
        method
        for method in METHODS
        if Client().generic(method, address, headers=SAME_ORIGIN).status_code != NOT_ALLOWED
    ]


def test_get_brings_head_and_405_says_what_is_allowed(hotline_database: str) -> None:
    for route in routes(get_resolver()):
        address = route.address()
        allowed = answered_methods(address)
        assert ("HEAD" in allowed) == ("GET" in allowed), route.pattern
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"):
            answer = Client().generic(method, address, headers=SAME_ORIGIN)
            if answer.status_code == NOT_ALLOWED:
                assert sorted(answer.headers["Allow"].split(", ")) == allowed, (method, address)
            else:
                assert method in allowed, (method, address)


@pytest.mark.parametrize("headers", [{}, SAME_ORIGIN, {"Origin": "https://elsewhere.example"}])
def test_405_comes_before_any_look_at_origin_or_session(
    hotline_database: str, headers: dict[str, str]
) -> None:
    for route in routes(get_resolver()):
        address = route.address()
        allowed = answered_methods(address)
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}.difference(allowed):
            answer = Client(enforce_csrf_checks=True).generic(method, address, headers=headers)
            assert answer.status_code == NOT_ALLOWED, (method, address)
            assert answer.headers["Allow"] == ", ".join(sorted(allowed)), (method, address)


def test_addresses_names_and_methods_are_the_frozen_ones(hotline_database: str) -> None:
    assert_frozen_lines(
        "routes.txt",
        (
            f"/{route.pattern}  {route.leaf.name}  {' '.join(answered_methods(route.address()))}"
            for route in routes(get_resolver())
        ),
    )
