"""Derives the keys of a code on the server, for browsers that can't: a few at a time, no more."""

import secrets
from threading import BoundedSemaphore

from takeback.hotline.codes.access import site_salt
from takeback.hotline.codes.domain import (
    BadCaseCodeError,
    CaseCode,
    CaseKeys,
    new_case_code,
    read_case_code,
)

MOST_AT_ONCE = 4
"""Each takes 64 MiB; a flood of guesses must not take the machine's memory."""
WAIT_SECONDS = 10.0

_places = BoundedSemaphore(MOST_AT_ONCE)


class BusyError(RuntimeError):
    """Too many codes are being worked on; ask again in a moment."""


def derive_keys(code: CaseCode) -> CaseKeys:
    """The keys of a code. Raises BusyError when no place came free within `WAIT_SECONDS`."""
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise BusyError("Too many codes are being worked on.")
    try:
        return code.derive(site_salt())
    finally:
        _places.release()


def lookup_of_typed(typed: str) -> bytes:
    """The look-up key of what was typed; any other text costs as much and finds nothing."""
    try:
        return derive_keys(read_case_code(typed)).lookup
    except BadCaseCodeError:
        derive_keys(new_case_code())
        return secrets.token_bytes(32)
