"""Reads a list in the shape in which StopNCII.org serves its own."""

import time
from collections.abc import Iterator
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field

from takeback.hotline.imports.domain import (
    Cursor,
    Gone,
    ImportingError,
    Item,
    Listed,
    Page,
    Refused,
)
from takeback.hotline.imports.reading.paging import follow
from takeback.hotline.imports.reading.records import read_page, read_record
from takeback.hotline.imports.reading.signals import UnreadableError, read_signal
from takeback.hotline.imports.reading.web import Server

_FIRST_START: Final = 10  # what the client of python-threatexchange asks for first
_PAGE_SIZE: Final = 1000
_FUNCTION_KEY_HEADER = "x-functions-key"
_SUBSCRIPTION_HEADER = "Ocp-Apim-Subscription-Key"
_Query = dict[str, str | int]


class _Answer(BaseModel):
    next_page: Annotated[str | None, Field(alias="nextPageToken", max_length=4096)] = None
    next_set: Annotated[int, Field(alias="nextSetTimestamp", ge=0, lt=2**53)]
    more: Annotated[bool, Field(alias="hasMoreRecords")]
    records: Annotated[list[Any], Field(alias="hashRecords")]


class _Record(BaseModel):
    kind: Annotated[str, Field(alias="signalType", max_length=64)]
    value: Annotated[str, Field(alias="hashValue", max_length=4096)]
    status: Annotated[str, Field(alias="hashStatus", max_length=64)]


def pages(address: str, secret: str, since: Cursor | None, quality: int) -> Iterator[Page]:
    """Read what has changed; `secret`: function key and subscription key, with a comma.

    A set is done when its last page is: the server says only then where the next one begins.
    """
    function_key, comma, subscription = secret.partition(",")
    if not comma:
        raise ImportingError("The secret of this shape is FUNCTION_KEY,SUBSCRIPTION_KEY.")
    server = Server(
        address, headers={_FUNCTION_KEY_HEADER: function_key, _SUBSCRIPTION_HEADER: subscription}
    )
    start = since["start"] if since else _FIRST_START
    first: _Query = {"startTimestamp": start, "pageSize": _PAGE_SIZE}

    def read(query: _Query, name: str) -> tuple[Page, _Query | None]:
        answer = read_page(server.get("/FetchHashes", query), _Answer)
        items = tuple(
            _item(record, f"{name}, record {at}", quality)
            for at, record in enumerate(answer.records, 1)
        )
        if not answer.more:
            # Never ahead of this clock: what is changed until then must come with the next set.
            reached = max(start, min(answer.next_set, int(time.time())))
            return Page(items, {"start": reached}), None
        if not answer.next_page:
            raise ImportingError("The server says that there is more, but not where.")
        return Page(items), {**first, "nextPageToken": answer.next_page}

    yield from follow(first, read)


def _item(record: Any, place: str, quality: int) -> Item:
    read = read_record(record, _Record, place)
    if isinstance(read, Refused):
        return read
    if read.kind != "ImagePDQ":
        return Refused(place, "signalType: only ImagePDQ is imported", hides=False)
    try:
        signal = read_signal("pdq", read.value, quality)
    except UnreadableError as error:
        return Refused(place, f"hashValue {error}")
    key = f"pdq {signal.value}"
    match read.status:
        case "Active" | "Received":
            return Listed(key, (signal,))
        case "Withdrawn" | "Deleted":
            return Gone(key)
        case _:
            return Refused(place, "hashStatus: not one that this shape has")
