"""Every address of the hotline, its name, and the methods that it answers are kept.

Which function answers is not kept: that may move. `[language/]` stands before the addresses that
every language has its own of.
"""

import re
import uuid
from collections.abc import Iterator
from typing import NamedTuple

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.urls.resolvers import LocalePrefixPattern, RegexPattern

from tests.frozen.snapshots import assert_frozen_lines

METHODS = ("GET", "HEAD", "POST", "PUT")
NOT_ALLOWED = 405
LANGUAGE = "[language/]"
SAME_ORIGIN = {"Origin": "http://testserver"}


SAMPLES = {"int": "1", "uuid": str(uuid.UUID(int=0))}
"""What stands in an address for a converter; `nothing` for any other. None of it exists."""


class Route(NamedTuple):
    pattern: str
    leaf: URLPattern

    def address(self) -> str:
        """An address that leads here, in the language that has no prefix."""
        own = str(self.leaf.pattern)
        before = self.pattern.removesuffix(own).replace(LANGUAGE, "")
        if isinstance(self.leaf.pattern, RegexPattern):
            own = re.sub(r"\(\?P<\w+>[^)]*\)", "1", own)
            own = re.sub(r"\(\?:(\w+)[^)]*\)", r"\1", own)
            own = own.replace("?", "").strip("^$")
        else:
            own = re.sub(r"<(?:(\w+):)?\w+>", lambda part: SAMPLES.get(part[1], "nothing"), own)
        address = f"/{before}{own}"
        assert resolve(address).url_name == self.leaf.name, address
        return address


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[Route]:
    for child in resolver.url_patterns:
        is_language = isinstance(child.pattern, LocalePrefixPattern)
        pattern = prefix + (LANGUAGE if is_language else str(child.pattern))
        if isinstance(child, URLResolver):
            yield from routes(child, pattern)
        else:
            yield Route(pattern, child)


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


def test_addresses_names_and_methods_are_the_frozen_ones(hotline_database: str) -> None:
    assert_frozen_lines(
        "routes.txt",
        (
            f"/{route.pattern}  {route.leaf.name}  {' '.join(answered_methods(route.address()))}"
            for route in routes(get_resolver())
        ),
    )
