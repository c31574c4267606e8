"""Words from outside, as a terminal and a log get them."""

import io
import logging
import sys

import pytest

from takeback.hotline.foundation.logs import logging_settings
from takeback.running.printable import FramesOnly, printable


@pytest.mark.parametrize(
    ("outside", "shown"),
    [
        ("ordinary name.jpg", "ordinary name.jpg"),
        ("Gwyliau’r haf – دفتر 写真 🏞", "Gwyliau’r haf – دفتر 写真 🏞"),
        ("می\N{ZERO WIDTH NON-JOINER}خواهم", "می\N{ZERO WIDTH NON-JOINER}خواهم"),
        ("two\nlines\r\n", r"two\nlines\r\n"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b2J\x7f\0", r"\x9b2J\x7f\x00"),
        ("a\N{LINE SEPARATOR}b\N{NEXT LINE}", r"a\u2028b\x85"),
        ("gpj.\N{RIGHT-TO-LEFT OVERRIDE}exe", r"gpj.\u202eexe"),
        (b"caf\xe9".decode(errors="surrogateescape"), r"caf\xe9"),
        ("\ud800", r"\ud800"),
    ],
)
def test_only_what_steers_or_ends_a_line_is_written_otherwise(outside: str, shown: str) -> None:
    assert printable(outside) == shown


@pytest.mark.parametrize(
    "formatter",
    [
        FramesOnly("%(asctime)s %(message)s"),
        logging_settings()["formatters"]["quiet"]["()"]("{asctime} {message}", style="{"),
    ],
    ids=["gate and witness", "hotline"],
)
def test_a_log_line_can_not_be_forged(formatter: logging.Formatter) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter)
    try:
        raise ValueError("quoted\n2026-01-01 all is well\x1b[2K")
    except ValueError:
        record = logging.LogRecord(
            *("takeback", logging.ERROR, "", 1, "Set aside: %s"),
            args=("x\n2026-01-01 all is well\x1b[2K",),
            exc_info=sys.exc_info(),
        )
    handler.emit(record)
    first, *frames = written.getvalue().splitlines()
    assert first.endswith(r"Set aside: x\n2026-01-01 all is well\x1b[2K")
    assert frames
    assert all(line.startswith("  ") for line in frames)
    assert "\x1b" not in written.getvalue()
    assert "quoted" not in written.getvalue()
