"""Reads a list in the shape of NCMEC's hash sharing, version 2."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET

from takeback.hashlist.signals import Signal
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
from takeback.hotline.imports.reading.signals import UnreadableError, read_signal
from takeback.hotline.imports.reading.web import Server
from takeback.hotline.imports.reading.xml_parts import read_parts
from takeback.signals.kinds import MAX_SIGNALS

_NAMESPACE = "{https://hashsharing.ncmec.org/hashsharing/v2}"
_ENTRIES = "/v2/entries"
_MOST_ID: Final = 120
_BEHIND_SECONDS: Final = 5  # as the client of python-threatexchange: servers' clocks differ
_KINDS = ("pdq", "md5")
_IMAGE, _DELETED = f"{_NAMESPACE}image", f"{_NAMESPACE}deletedImage"
_PAGING, _NEXT = f"{_NAMESPACE}paging", f"{_NAMESPACE}next"
_VIDEOS = {f"{_NAMESPACE}video", f"{_NAMESPACE}deletedVideo"}


def pages(address: str, secret: str, since: Cursor | None, quality: int) -> Iterator[Page]:
    """Read what has changed; `secret`: user and password, with a colon between them.

    A window is done when its last page is: interrupted, it is asked for again from its beginning.
    """
    user, colon, password = secret.partition(":")
    if not colon:
        raise ImportingError("The secret of this shape is USER:PASSWORD.")
    server = Server(address, auth=(user, password))
    start = since["to"] if since else 0
    end = int(time.time()) - _BEHIND_SECONDS
    if end <= start:  # read less than a second ago
        yield Page((), since)
        return

    def read(path: str, name: str) -> tuple[Page, str | None]:
        items, further = _read(server.get(path), name, quality)
        if not further:
            return Page(items, {"to": end}), None
        if not further.startswith(f"{_ENTRIES}?"):
            raise ImportingError("The server names no usable next page.")
        return Page(items), further

    yield from follow(f"{_ENTRIES}?from={_written(start)}&to={_written(end)}", read)


def _read(body: bytes, page: str, quality: int) -> tuple[tuple[Item, ...], str]:
    """Read what a page lists, and where it says that the next one is: nothing after the last."""
    items: list[Item] = []
    further = ""
    at = 0
    for group, part in read_parts(body):
        if group == _PAGING:
            further = (part.text or "").strip() if part.tag == _NEXT else further
            continue
        at += 1
        items += _entry(part, f"{page}, entry {at}", quality)
    return tuple(items), further


def _entry(element: ET.Element, place: str, quality: int) -> Iterator[Item]:
    try:
        if element.tag == _DELETED:
            yield Gone(_key(element))
        elif element.tag == _IMAGE:
            yield from _image(element, place, quality)
        elif element.tag in _VIDEOS:
            yield Refused(place, "only pictures are imported, no videos", hides=False)
    except UnreadableError as error:
        yield Refused(place, str(error))


def _image(element: ET.Element, place: str, quality: int) -> Iterator[Item]:
    """Yield a picture, and each of its fingerprints that can't be read; other kinds are no fault.

    A picture without a fingerprint that we know is off the list as far as we can tell; but where
    one can't be read, its entry here stays.
    """
    key = _key(element)
    signals: list[Signal] = []
    faults: list[str] = []
    for kind in _KINDS:
        for fingerprint in element.findall(f"{_NAMESPACE}fingerprints/{_NAMESPACE}{kind}"):
            try:
                signal = read_signal(kind, (fingerprint.text or "").strip(), quality)
            except UnreadableError as error:
                faults.append(str(error))
                continue
            if signal not in signals and len(signals) < MAX_SIGNALS:
                signals.append(signal)
    for fault in faults:
        yield Refused(place, fault, hides=not signals)
    if signals:
        yield Listed(key, tuple(signals))
    elif not faults:
        yield Gone(key)


def _key(element: ET.Element) -> str:
    member = element.find(f"{_NAMESPACE}member")
    name = (element.findtext(f"{_NAMESPACE}id") or "").strip()
    number = "" if member is None else member.get("id", "")
    if not 0 < len(name) <= _MOST_ID or not 0 < len(number) <= _MOST_ID:
        raise UnreadableError("has no id or no member")
    return f"{number} {name}"


def _written(stamp: int) -> str:
    return datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
