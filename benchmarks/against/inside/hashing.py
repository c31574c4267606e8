"""Hashes picture files in the bounded child; arguments: the files that are hashed.

Calls: `hash(files, times)` hashes files by their place in the arguments.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from answering import answer_calls

from takeback.media import Decoder

_READER = "picture_reader:pdq"
_ANSWER_BYTES = 33


def main() -> None:
    """Answer until the input ends."""
    pictures = [Path(name).read_bytes() for name in sys.argv[1:]]
    with Decoder(readers=[_READER]) as decoder:

        def hash_files(files: Sequence[int], times: int) -> None:
            for _ in range(times):
                for place in files:
                    decoder.read(pictures[place], _READER)

        for picture in pictures:
            if len(decoder.read(picture, _READER)) != _ANSWER_BYTES:
                raise RuntimeError("The child answers with something else than a PDQ.")
        answer_calls({"hash": hash_files})


if __name__ == "__main__":
    main()
