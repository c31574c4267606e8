"""Reads files of other lists line by line: a bad line is reported, and costs no other one."""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO, Final

from takeback.hashlist.signals import Signal
from takeback.hotline.imports.domain import FileFormat, Item, Listed, Refused
from takeback.hotline.imports.reading.signals import UnreadableError, read_signal
from takeback.signals.kinds import MAX_SIGNALS
from takeback.tlog.commitments import MAX_EVENT_BYTES

MOST_LINE_BYTES: Final = MAX_EVENT_BYTES
_MOST_KEY = 255
_QUALITY = re.compile(r"[0-9]{1,3}")
_BOM = b"\xef\xbb\xbf"


def read_file(file: BinaryIO, form: FileFormat, quality: int, own_origin: str) -> Iterator[Item]:
    """Read a file from its beginning; yields what it lists, and each line that can't be read.

    `quality`: 0–100, that of PDQs whose quality the file does not say. `own_origin`: the log of
    this hotline; what a file has from there is not imported. An entry's lines in CSV stand
    together. Lines are UTF-8 of at most 64 KiB.
    """
    own = _Own(own_origin)
    readers: Mapping[FileFormat, Callable[[_Lines], Iterator[Item]]] = {
        FileFormat.TX: lambda lines: _read_tx(lines, quality),
        FileFormat.CSV: lambda lines: _read_csv(lines, quality, own),
        FileFormat.JSONL: lambda lines: _read_jsonl(lines, quality, own),
    }
    yield from readers[form](_numbered(file))


_Lines = Iterator[tuple[int, str | Refused]]


class _Own:
    """Recognises what comes from this hotline itself."""

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def refuse(self, origin: object) -> None:
        """Raise UnreadableError for an entry of this hotline."""
        if origin == self._origin:
            raise UnreadableError("comes from this hotline itself")


def _numbered(file: BinaryIO) -> _Lines:
    """Number the lines from 1; one that can't be text is refused in place of its text."""
    number = 0
    while line := file.readline(MOST_LINE_BYTES + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(_BOM)
        if len(line) > MOST_LINE_BYTES:
            while line and not line.endswith(b"\n"):
                line = file.readline(MOST_LINE_BYTES)
            yield number, _at(number, f"is over {MOST_LINE_BYTES} bytes long")
            continue
        try:
            text = line.decode().strip("\r\n")
        except UnicodeDecodeError:
            yield number, _at(number, "is not UTF-8")
            continue
        if text.strip():
            yield number, text


def _read_tx(lines: _Lines, quality: int) -> Iterator[Item]:
    """The client's file: a type and a value in each line, each an entry of its own."""
    for number, line in lines:
        if isinstance(line, Refused):
            yield line
            continue
        try:
            kind, _, value = line.strip().partition(" ")
            signal = read_signal(kind, value.strip(), quality)
            yield Listed(f"{signal.type} {signal.value}", (signal,))
        except UnreadableError as error:
            yield _at(number, str(error))


def _read_csv(lines: _Lines, quality: int, own: _Own) -> Iterator[Item]:
    """One fingerprint in each line, after the headings; lines of one `entry` make one entry."""
    headings: list[str] | None = None
    entry, signals = "", list[Signal]()
    ended: set[str] = set()
    for number, line in lines:
        if isinstance(line, Refused):
            yield line
            continue
        try:
            cells = _cells(line)
            if headings is None:
                headings = _headings(cells)
                continue
            row = _row(headings, cells)
            signal = read_signal(row["type"], row["value"], _quality(row.get("quality"), quality))
            own.refuse(row.get("hotline"))
            name = _key(row.get("entry") or f"{signal.type} {signal.value}")
            if name != entry:
                if signals:
                    yield Listed(entry, tuple(signals))
                    ended.add(entry)
                entry, signals = name, []
            if name in ended:
                raise UnreadableError("belongs to an entry whose lines stand further up")
            _add(signals, signal)
        except UnreadableError as error:
            yield _at(number, str(error))
    if signals:
        yield Listed(entry, tuple(signals))


def _read_jsonl(lines: _Lines, quality: int, own: _Own) -> Iterator[Item]:
    """One entry in each line: an object with `signals`, maybe with `entry` and `provenance`."""
    for number, line in lines:
        if isinstance(line, Refused):
            yield line
            continue
        try:
            yield _document(line, quality, own)
        except UnreadableError as error:
            yield _at(number, str(error))


def _document(line: str, quality: int, own: _Own) -> Listed:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("is not JSON") from error
    if not isinstance(document, dict) or not isinstance(document.get("signals"), list):
        raise UnreadableError("is not an object with a list `signals`")
    provenance = document.get("provenance")
    own.refuse(provenance.get("hotline") if isinstance(provenance, dict) else None)
    signals = list[Signal]()
    for raw in document["signals"]:
        if not isinstance(raw, dict):
            raise UnreadableError("has a signal that is not an object")
        number = raw.get("quality", quality)
        _add(signals, read_signal(str(raw.get("type")), str(raw.get("value")), number))
    if not signals:
        raise UnreadableError("has no signals")
    name = document.get("entry") or " ".join(
        f"{signal.type} {signal.value}" for signal in signals[:1]
    )
    if not isinstance(name, str):
        raise UnreadableError("has an `entry` that is not text")
    return Listed(_key(name), tuple(signals))


def _add(signals: list[Signal], signal: Signal) -> None:
    if any((known.type, known.value) == (signal.type, signal.value) for known in signals):
        raise UnreadableError("names a fingerprint of the entry again")
    if len(signals) == MAX_SIGNALS:
        raise UnreadableError(f"is more than the {MAX_SIGNALS} fingerprints that an entry may have")
    signals.append(signal)


def _cells(line: str) -> list[str]:
    try:
        (cells,) = csv.reader([line], strict=True)
    except (csv.Error, ValueError) as error:
        raise UnreadableError("is not one line of CSV") from error
    return cells


def _headings(cells: Sequence[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    if not {"type", "value"} <= set(names):
        raise UnreadableError("must be headings with at least `type` and `value`")
    return names


def _row(headings: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    if len(cells) != len(headings):
        raise UnreadableError(f"has {len(cells)} cells; there are {len(headings)} headings")
    return {name: cell.strip() for name, cell in zip(headings, cells, strict=True)}


def _quality(text: str | None, otherwise: int) -> int:
    if not text:
        return otherwise
    return int(text) if _QUALITY.fullmatch(text) else -1


def _key(name: str) -> str:
    if not 0 < len(name) <= _MOST_KEY:
        raise UnreadableError(f"names its entry with other than 1 to {_MOST_KEY} characters")
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise UnreadableError("names its entry with something that is not a character") from error
    return name


def _at(number: int, reason: str) -> Refused:
    return Refused(f"line {number}", reason)
