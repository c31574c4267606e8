"""What whoever uploads pictures can make a program log: a line of a kind, however many they are."""

import subprocess
import sys
from typing import Final

_UPLOADS: Final = 5

_PROGRAM: Final = f"""
import contextlib, logging
from takeback.cli.printing import print_log_lines
from takeback.media import Decoder, MediaError
from tests.media import readers
from tests.support.encodings import encode, landscape

print_log_lines()
picture = encode(landscape())
name = f"{{readers.__name__}}:fail"
with Decoder(readers=[name]) as decoder:
    for _ in range({_UPLOADS}):
        with contextlib.suppress(MediaError):
            decoder.read(picture, name, b"")
for _ in range({_UPLOADS}):
    logging.getLogger("takeback.gate").warning("The list is late.")
"""


def test_pictures_that_a_reader_fails_on_fill_no_log() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True
    )
    lines = done.stderr.splitlines()
    assert sum("failed on a picture" in line for line in lines) == 1
    # What the program says of itself is written each time.
    assert sum("The list is late." in line for line in lines) == _UPLOADS
