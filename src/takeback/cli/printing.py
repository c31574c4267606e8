"""Prints what commands have to say: each text is one line, whatever names from outside it quotes.

All output for people goes this way (`ruff` refuses `print` and `typer.echo` elsewhere): no
command has to remember which of its words came from a file, a feed, a platform or a server.
"""

from __future__ import annotations

import logging
import sys

from takeback.running.printable import FramesOnly, printable
from takeback.running.tallies import FewOfAKind

_UPLOADS = "takeback.media."
"""Loggers of what happens to pictures: whoever uploads one can provoke a line."""


def say(*lines: str, err: bool = False) -> None:
    """Print lines in one piece; what would break out of a line or steer a terminal is escaped.

    `err`: to standard error. What the terminal's encoding lacks is escaped, too.
    """
    stream = sys.stderr if err else sys.stdout
    text = "".join(f"{printable(line)}\n" for line in lines)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def print_log_lines() -> None:
    """Send what the program logs to standard error, with the time, each record as one line.

    What an exception says of the data that it stumbled on is left out. Of a kind that a picture
    can provoke one record in five minutes is written, with how many there were.
    """
    handler = logging.StreamHandler()
    handler.addFilter(_FewAboutPictures())
    handler.setFormatter(FramesOnly("%(asctime)s %(message)s"))
    logging.basicConfig(handlers=[handler])  # unless somebody has said where logs go


class _FewAboutPictures(FewOfAKind):
    def filter(self, record: logging.LogRecord) -> bool:
        return not record.name.startswith(_UPLOADS) or super().filter(record)
