"""Runs a hotline's embedded PostgreSQL until the input ends; argument: the folder of its data.

Calls: `url()` returns what the hotline's processes find as DATABASE_URL.
"""

from __future__ import annotations

import sys
from pathlib import Path

import adapters
from answering import answer_calls


def main() -> None:
    """Start it; it stops with this process, the only one that holds it."""
    server = adapters.embedded_server(Path(sys.argv[1]))
    answer_calls({"url": lambda: str(server.get_uri())})


if __name__ == "__main__":
    main()
