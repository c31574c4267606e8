"""Server-sent events: tells everyone who holds a stream open about each new checkpoint.

The format is that of the HTML standard, 9.2. A stream holds neither a thread nor a connection to
the database, so however many are open the pages are answered as before.
"""

import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Final

from takeback.hotline.log.watch import log_watch

MOST_STREAMS: Final = 1000
"""Open at a time in one process."""
MOST_STREAMS_A_PLATFORM: Final = 10
HEARTBEAT_SECONDS: Final = 15.0
"""After so long without news a comment says that the stream still stands."""
LIFE_SECONDS: Final = 600.0
"""Then a stream ends; the reader asks again, and its key is checked again."""
_RETRY_MILLISECONDS: Final = 2000

_open: Counter[int] = Counter()


def has_room(platform: int) -> bool:
    """Say whether one more stream may be opened by the platform with this number."""
    return _open.total() < MOST_STREAMS and _open[platform] < MOST_STREAMS_A_PLATFORM


async def checkpoint_events(
    platform: int,
    size: int,
    *,
    heartbeat: float = HEARTBEAT_SECONDS,
    life: float = LIFE_SECONDS,
) -> AsyncIterator[bytes]:
    """Yield an event for each checkpoint of more than `size` events, the newest at once.

    Its id is its size, so that `Last-Event-ID` says from where to go on; its data is the signed
    checkpoint. Ends after `life` seconds, when the program stops, and at once if there is no room.
    """
    yield f"retry: {_RETRY_MILLISECONDS}\n\n".encode()
    if not has_room(platform):
        return
    _open[platform] += 1
    watch = log_watch()
    try:
        end = time.monotonic() + life
        while (left := end - time.monotonic()) > 0:
            newest = await watch.newest_after(size, min(heartbeat, left))
            if watch.is_over and newest is None:
                break
            if newest is None:
                yield b": nothing new\n\n"
            else:
                size, note = newest
                yield _event(size, note)
    finally:
        _open[platform] -= 1
        if not _open[platform]:
            del _open[platform]


def _event(size: int, note: bytes) -> bytes:
    lines = [f"id: {size}", "event: checkpoint"]
    lines += [f"data: {line}" for line in note.decode().split("\n")]
    return ("\n".join(lines) + "\n\n").encode()
