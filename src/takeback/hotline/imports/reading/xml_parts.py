"""Reads an untrusted XML document part by part: no declarations, and never much of it at once."""

import io
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from takeback.hotline.imports.domain import ImportingError

_CHUNK: Final = 64 * 1024
_MOST_HELD: Final = 1024 * 1024
_FLOOR: Final = 2
"""How far below the root parts stand; above them there are only groups of parts."""


def read_parts(body: bytes) -> Iterator[tuple[str, ET.Element]]:
    """Yield each element two floors below the root, with the tag of its group.

    Raises ImportingError for declarations, which is where XML is dangerous, for a part that is too
    large to be one, and for what is not XML.
    """
    if b"<!" in body or b"\x00" in body:
        raise ImportingError("The server's answer has declarations, which this shape lacks.")
    # Text, not bytes: a document can't claim an encoding in which declarations look otherwise.
    text = io.TextIOWrapper(io.BytesIO(body), "utf-8", newline="")
    building = _Parts()
    parser = ET.XMLParser(target=building)  # noqa: S314 - no entity can be declared without <!
    held = 0
    try:
        while chunk := text.read(_CHUNK):
            parser.feed(chunk)
            held = 0 if building.done else held + len(chunk)
            if held > _MOST_HELD:
                raise ImportingError("The server's answer has an entry that is too large.")
            yield from building.taken()
        parser.close()
        yield from building.taken()
    except (ET.ParseError, UnicodeDecodeError) as error:
        raise ImportingError(
            "The server answers with something else than this shape. Is the address right?"
        ) from error


class _Parts:
    """Builds each part for itself, and nothing of what stands around it.

    A whole document in memory would take many times its bytes.
    """

    def __init__(self) -> None:
        self.done: list[tuple[str, ET.Element]] = []
        self._above: list[str] = []
        self._part: ET.TreeBuilder | None = None

    def taken(self) -> list[tuple[str, ET.Element]]:
        """Hand over what is built."""
        done, self.done = self.done, []
        return done

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        if len(self._above) == _FLOOR:
            self._part = ET.TreeBuilder()
        if self._part is not None:
            self._part.start(tag, attributes)
        self._above.append(tag)

    def data(self, text: str) -> None:
        """Go on with the text of an element."""
        if self._part is not None:
            self._part.data(text)

    def end(self, tag: str) -> None:
        """End an element, and with the outermost of a part the part."""
        self._above.pop()
        if self._part is None:
            return
        self._part.end(tag)
        if len(self._above) == _FLOOR:
            self.done.append((self._above[-1], self._part.close()))
            self._part = None

    def close(self) -> None:
        """End the document."""
