"""Checks uploads with a gate; arguments: the gate's store, then the files that are uploaded.

Calls: `check(times)` checks every file so often, and returns how many checks that is.
"""

from __future__ import annotations

import sys
from pathlib import Path

from answering import answer_calls

from takeback.gate import Gate


def main() -> None:
    """Answer until the input ends."""
    store, *files = sys.argv[1:]
    uploads = [Path(name).read_bytes() for name in files]
    with Gate.open(store, decoders=1) as gate:

        def check(times: int) -> int:
            for _ in range(times):
                for upload in uploads:
                    gate.check(upload, report=False)
            return times * len(uploads)

        check(1)
        answer_calls({"check": check})


if __name__ == "__main__":
    main()
