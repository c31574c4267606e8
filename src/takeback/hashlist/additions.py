"""Additions as the list's commonest events: read in bulk, before anybody needs them as models."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from takeback.hashlist.events import EntryId, read_hour


class Addition(NamedTuple):
    """One `added` event in canonical spelling, its signals as bytes.

    `lane` and `provenance`: as the event spells them; `hour`: likewise. `pdq`: 33 bytes a PDQ, the
    last its quality; `sha256`: 32 bytes each; `md5`: 16 bytes each; each in the event's order.
    """

    entry: EntryId
    lane: str
    provenance: str
    hour: str
    pdq: bytes
    sha256: bytes
    md5: bytes

    @property
    def time(self) -> datetime:
        """The hour in UTC that the event is dated."""
        return _time_of(self.hour)


@lru_cache(maxsize=64)
def _time_of(hour: str) -> datetime:
    return read_hour(hour)
