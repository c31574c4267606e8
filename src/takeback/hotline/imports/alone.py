"""Lets one run work on a feed at a time, however many processes try."""

from collections.abc import Iterator
from contextlib import contextmanager

from takeback.hotline.foundation.advisory import alone_with, lock_number
from takeback.hotline.imports.domain import ImportingError


@contextmanager
def alone_on(name: str) -> Iterator[None]:
    """Hold a feed from the beginning of a run to its end; raises ImportingError if another does.

    A reading of the whole list would withdraw what a run beside it has just listed. It is a lock of
    the database session: a run commits many times, and one that is killed lets go.
    """
    with alone_with(lock_number(f"import {name}")) as is_alone:
        if not is_alone:
            raise ImportingError(
                f"Another import or drop of {name} is running. Let it end, then run this one again."
            )
        yield
