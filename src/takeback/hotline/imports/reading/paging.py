"""Follows a server from page to page, whatever its shape."""

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from takeback.hotline.imports.domain import ImportingError, Page

_MOST_PAGES: Final = 100_000
_Place = TypeVar("_Place")


def follow(
    first: _Place, read: Callable[[_Place, str], tuple[Page, _Place | None]]
) -> Iterator[Page]:
    """Yield the pages from the first place to the last.

    `read` is told where a page is and what to call it, and returns it with the place of the next
    one, None after the last. Raises ImportingError for a server that goes in a circle, or has no
    end.
    """
    place = first
    for number in range(1, _MOST_PAGES + 1):
        page, further = read(place, f"page {number}")
        yield page
        if further is None:
            return
        if further == place:
            raise ImportingError("The server says that there is more, but names no other page.")
        place = further
    raise ImportingError(f"The server sent over {_MOST_PAGES} pages without coming to an end.")
