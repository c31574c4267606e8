"""Makes words from outside safe to print: a file's name moves no cursor and begins no line."""

import logging
import os
import re
import traceback
from pathlib import Path
from types import TracebackType
from typing import Final, TypeAlias

ExceptionInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)
"""What logging keeps of an exception."""

# What a terminal obeys (C0, DEL, C1), what ends a line, what turns the direction of the letters
# round (so that one name looks like another), and what is no text at all.
_NOT_PRINTABLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\x1b"}
# The bytes of a file's name that are no UTF-8 stand in it as these (PEP 383).
_ESCAPED_BYTES: Final = range(0xDC80, 0xDD00)


def printable(text: str | Path) -> str:
    r"""Return text as one line that a terminal shows and does not obey.

    What can't be shown is written as Python writes it: `\n`, `\x1b`, and `\xff` for the bytes of
    a file's name that are not UTF-8. All other text stays as it is.
    """
    return _NOT_PRINTABLE.sub(_written, str(text))


def is_text(name: str | Path) -> bool:
    """Whether a file's name is valid UTF-8, so that JSON can hold it."""
    try:
        os.fsencode(name).decode()
    except UnicodeDecodeError:
        return False
    return True


def _written(match: re.Match[str]) -> str:
    letter = match.group()
    number = ord(letter)
    if letter in _SHORT:
        return _SHORT[letter]
    if number in _ESCAPED_BYTES:
        number -= 0xDC00
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"  # noqa: PLR2004 - a byte


class FramesOnly(logging.Formatter):
    """Writes a record's message as one line, and an exception without its message.

    Messages of exceptions quote the data they stumbled on: bytes of a picture, a fingerprint, an
    address. Of an exception the files and lines that it passed and its type are written.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the line, whatever the message quotes."""
        return printable(super().formatMessage(record))

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 - logging's name
        """Return the frames from the outermost to the innermost, then the type."""
        kind, _, trace = ei
        frames = [
            f"  {frame.filename}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(trace)
        ]
        return "\n".join([*frames, f"  {kind.__name__ if kind else 'no exception'}"])
