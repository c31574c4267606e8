"""Reads a list in the shape of Meta's ThreatExchange (Graph API)."""

import time
from collections.abc import Iterator
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, urlsplit

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

_PAGE_SIZE: Final = 1000
_FIELDS = "id,indicator,type,last_updated,should_delete,descriptors{owner{id},tags,status}"
_KINDS = {"HASH_PDQ": "pdq", "HASH_MD5": "md5", "HASH_SHA256": "sha256"}
_VIDEO = "media_type_video"
_Query = dict[str, str | int]


class _Paging(BaseModel):
    next: Annotated[str | None, Field(max_length=16384)] = None


class _Answer(BaseModel):
    data: list[Any]
    paging: _Paging = _Paging()


class _Tag(BaseModel):
    text: Annotated[str, Field(max_length=1024)] = ""


class _Tags(BaseModel):
    data: list[_Tag] = []


class _Descriptor(BaseModel):
    status: Annotated[str, Field(max_length=64)] = ""
    tags: _Tags = _Tags()


class _Descriptors(BaseModel):
    data: list[_Descriptor] = []


class _Update(BaseModel):
    indicator: Annotated[str, Field(max_length=4096)]
    type: Annotated[str, Field(max_length=64)]
    last_updated: Annotated[int, Field(ge=0, lt=2**53)]
    should_delete: bool = False
    descriptors: _Descriptors = _Descriptors()


def pages(address: str, secret: str, since: Cursor | None, quality: int) -> Iterator[Page]:
    """Read what has changed; `address` ends in the privacy group, `secret`: APP_ID|SECRET.

    The secret goes into the query of each request, as this shape has it. A start is inclusive, so
    the last second comes again; only after the last page is it known which that is.
    """
    base, _, group = address.rstrip("/").rpartition("/")
    if not group.isdecimal() or "|" not in secret:
        raise ImportingError(
            "The address of this shape ends in the number of a privacy group, and its secret is "
            "APP_ID|SECRET."
        )
    server = Server(base, secret_query={"access_token": secret})
    start = newest = since["start_time"] if since else 0
    first: _Query = {"limit": _PAGE_SIZE, "fields": _FIELDS, "start_time": start}
    path = f"/{group}/threat_updates/"

    def read(query: _Query, name: str) -> tuple[Page, _Query | None]:
        nonlocal newest
        answer = read_page(server.get(path, query), _Answer)
        items = []
        for at, record in enumerate(answer.data, 1):
            place = f"{name}, record {at}"
            update = read_record(record, _Update, place)
            if isinstance(update, _Update):
                newest = max(newest, update.last_updated)
                items.append(_item(update, place, quality))
            else:
                items.append(update)
        if answer.paging.next is None:
            # Never ahead of this clock: a date far away would hide all that changes before it.
            reached = max(start, min(newest, int(time.time())))
            return Page(tuple(items), {"start_time": reached}), None
        return Page(tuple(items)), _next(answer.paging.next, f"{base}{path}")

    yield from follow(first, read)


def _next(address: str, here: str) -> _Query:
    """Read where the next page is; it has to be here, for the secret goes to no other place."""
    parts, own = urlsplit(address), urlsplit(here)
    if (parts.scheme, parts.netloc, parts.path) != (own.scheme, own.netloc, own.path):
        raise ImportingError("The server sends us to another address for the next page.")
    return {name: value for name, value in parse_qsl(parts.query) if name != "access_token"}


def _item(update: _Update, place: str, quality: int) -> Item:
    kind = _KINDS.get(update.type)
    tags = {tag.text for descriptor in update.descriptors.data for tag in descriptor.tags.data}
    if kind is None or _VIDEO in tags:
        return Refused(place, "type: only fingerprints of pictures are imported", hides=False)
    try:
        signal = read_signal(kind, update.indicator, quality)
    except UnreadableError as error:
        return Refused(place, f"indicator {error}")
    key = f"{signal.type} {signal.value}"
    # Without a descriptor nobody stands by it any more; NON_MALICIOUS says that it is harmless.
    stated = [
        descriptor for descriptor in update.descriptors.data if descriptor.status != "NON_MALICIOUS"
    ]
    return Gone(key) if update.should_delete or not stated else Listed(key, (signal,))
