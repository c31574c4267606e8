"""Every address of the hotline."""

import re
import uuid
from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from django.urls import URLPattern, URLResolver, resolve
from django.urls.resolvers import LocalePrefixPattern, RegexPattern
from django.utils.translation import override

LANGUAGE = "[language/]"

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
        with override(settings.LANGUAGE_CODE):  # the page before may have been in another
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
