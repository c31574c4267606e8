"""Lets one run work on a feed at a time, however many processes try."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connection

from takeback.hotline.imports.domain import ImportingError


@contextmanager
def alone_on(name: str) -> Iterator[None]:
    """Hold a feed from the beginning of a run to its end; raises ImportingError if another does.

    A reading of the whole list would withdraw what a run beside it has just listed. It is a lock of
    the database session: a run commits many times, and one that is killed lets go.
    """
    digest = hashlib.sha256(f"import {name}".encode(errors="backslashreplace")).digest()
    key = int.from_bytes(digest[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        (is_ours,) = cursor.fetchone()
    if not is_ours:
        raise ImportingError(
            f"Another import or drop of {name} is running. Let it end, then run this one again."
        )
    try:
        yield
    finally:
        with suppress(Error), connection.cursor() as cursor:  # a lost connection holds no lock
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
