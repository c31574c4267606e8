"""Follows a server from page to page, whatever its shape."""

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from takeback.hotline.imports.domain import ImportingError, Page

_MOST_PAGES: Final = 100_000
_MOST_EMPTY_PAGES: Final = 1000
"""In a row. A server that always names another page and lists nothing on it has no end either."""
_Place = TypeVar("_Place")


def follow(
    first: _Place, read: Callable[[_Place, str], tuple[Page, _Place | None]]
) -> Iterator[Page]:
    """Yield the pages from the first place to the last.

    `read` is told where a page is and what to call it, and returns it with the place of the next
    one, None after the last. Places are what JSON can hold. Raises
    ImportingError for a server that goes in a circle, however wide, or has no end.
    """
    place = first
    seen: set[bytes] = set()
    empty = 0
    for number in range(1, _MOST_PAGES + 1):
        seen.add(_digest(place))
        page, further = read(place, f"page {number}")
        yield page
        if further is None:
            return
        if _digest(further) in seen:
            raise ImportingError("The server goes in a circle: it names a page that was read.")
        empty = 0 if page.items else empty + 1
        if empty == _MOST_EMPTY_PAGES:
            raise ImportingError(f"The server sent {empty} pages in a row with nothing on them.")
        place = further
    raise ImportingError(f"The server sent over {_MOST_PAGES} pages without coming to an end.")


def _digest(place: object) -> bytes:
    """What stands for a place in memory: a hundred thousand of them may be 16 KiB each."""
    return hashlib.sha256(json.dumps(place, sort_keys=True).encode()).digest()[:16]
