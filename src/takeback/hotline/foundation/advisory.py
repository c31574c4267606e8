"""Locks that stand for no row: PostgreSQL's advisory locks, of a session or of a transaction.

A lock is a number of 64 bits with a sign. Every process that may hold it has to mean the same by
that number, across versions: so the numbers never change.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import InterfaceError, OperationalError, connection


def lock_number(name: str) -> int:
    """Return the number of a lock that is known by a name: of any length, in any characters."""
    digest = hashlib.sha256(name.encode(errors="backslashreplace")).digest()
    return int.from_bytes(digest[:8], signed=True)


@contextmanager
def alone_with(lock: int) -> Iterator[bool]:
    """Hold a lock of the database session, if nobody does; yields whether it is held.

    It never waits. Transactions within may commit or fail as they like; a process that is killed
    lets go of it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock])
        (is_ours,) = cursor.fetchone()
    try:
        yield is_ours
    finally:
        if is_ours:
            # A lost connection holds no lock; anything else that goes wrong here must be seen.
            with suppress(InterfaceError, OperationalError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [lock])


def hold_until_commit(lock: int) -> None:
    """Wait for a lock and hold it until the caller's transaction has ended, however it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
