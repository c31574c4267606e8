"""Reports come in at a steady rate: events a second, seconds, pictures of a report.

Each report lists its pictures in one durable transaction, as sending a case does.
"""

from __future__ import annotations

import secrets
import sys
import time

import django


def main(events_a_second: float, seconds: float, pictures: int) -> None:
    """Say that it is ready, wait for a line, report until all are in, however long that takes."""
    django.setup()
    from benchmarks.list_hotline import signals_of
    from takeback.hotline.entries.actions import list_entries as list_pictures

    print("ready", flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    for number in range(round(events_a_second * seconds / pictures)):
        time.sleep(max(0.0, began + number * pictures / events_a_second - time.monotonic()))
        list_pictures([signals_of(secrets.token_hex(32)) for _ in range(pictures)])


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
