"""Token buckets for sources that are known by a digest alone, and for a day at most.

A digest is an HMAC of the address under a key that lives in memory only and is thrown away at the
end of the day (UTC), with every bucket. Nobody can tell afterwards who a digest was, and nothing is
ever written to disk.
"""

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from takeback.running.sources import network_of

DAY_SECONDS: Final = 86_400
MOST_SOURCES: Final = 50_000
"""Buckets that are held at a time; whoever has been away longest is forgotten first."""

_KEY_BYTES: Final = 32
_DIGEST_BYTES: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class Allowance:
    """`burst` requests at once, then one every `seconds`; two with the same numbers stay two."""

    burst: int
    seconds: float


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Buckets:
    """Token buckets of many sources; safe to use from many threads.

    `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        allowance: Allowance,
        clock: Callable[[], float],
        *,
        most_sources: int = MOST_SOURCES,
    ) -> None:
        """Begin with a full bucket for everyone."""
        self._allowance = allowance
        self._clock = clock
        self._most_sources = most_sources
        self._lock = threading.Lock()
        self._day = -1
        self._key = b""
        self._buckets: OrderedDict[bytes, _Bucket] = OrderedDict()

    def take(self, address: str) -> float:
        """Take a token of this address; returns 0, or the seconds until there will be one.

        An IPv6 address shares its bucket with its /64. Raises UnknownSourceError for what is not an
        address.
        """
        with self._lock:
            now = self._clock()
            self._begin_day(int(now // DAY_SECONDS))
            digest = source_digest(self._key, address)
            bucket = self._buckets.pop(digest, None) or _Bucket(self._allowance.burst, now)
            gained = max(0.0, now - bucket.filled_at) / self._allowance.seconds
            bucket.tokens = min(self._allowance.burst, bucket.tokens + gained)
            bucket.filled_at = now
            self._buckets[digest] = bucket
            if len(self._buckets) > self._most_sources:
                self._buckets.popitem(last=False)
            if bucket.tokens < 1:
                return (1 - bucket.tokens) * self._allowance.seconds
            bucket.tokens -= 1
            return 0.0

    def forget(self) -> None:
        """Throw away the key and every bucket."""
        with self._lock:
            self._day = -1
            self._buckets.clear()

    def digests(self) -> list[bytes]:
        """What is held of the sources now: 16 bytes each."""
        with self._lock:
            return list(self._buckets)

    def _begin_day(self, day: int) -> None:
        if day != self._day:
            self._day, self._key = day, secrets.token_bytes(_KEY_BYTES)
            self._buckets.clear()


def source_digest(key: bytes, address: str) -> bytes:
    """What a source is known by as long as `key` is kept: 16 bytes, the same for one IPv6 /64.

    Raises UnknownSourceError for what is not an address.
    """
    return hmac.digest(key, network_of(address), hashlib.sha256)[:_DIGEST_BYTES]
