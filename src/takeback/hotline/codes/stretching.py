"""Derives the keys of a code on the server, for browsers that can't: a few at a time, in turns."""

import os
import secrets
from typing import Final

from takeback.hotline.codes.access import site_salt
from takeback.hotline.codes.domain import (
    BadCaseCodeError,
    CaseCode,
    CaseKeys,
    new_case_code,
    read_case_code,
)
from takeback.hotline.foundation.unavailable import TooManyHereError
from takeback.hotline.limits.places import place_given_back, source_here
from takeback.hotline.limits.turns import NoTurnError, Turns

_MOST_CORES: Final = 8
MOST_AT_ONCE: Final = min(len(os.sched_getaffinity(0)), _MOST_CORES)
"""One a core, for more would be no faster. Each takes 64 MiB: a flood must not take the memory."""
MOST_WAITING: Final = 256
"""Each holds a thread that sleeps, and nothing else."""
WAIT_SECONDS: Final = 30.0
"""Well under the minute after which browsers and web servers in front give up."""
COME_AGAIN_SECONDS: Final = 10
"""When somebody who waited in vain should try again."""

_turns = Turns(MOST_AT_ONCE, MOST_WAITING)


class BusyError(TooManyHereError):
    """Too many codes are being worked on; ask again in `COME_AGAIN_SECONDS`."""


def derive_keys(code: CaseCode) -> CaseKeys:
    """The keys of a code, once it is this source's turn; no connection is held meanwhile.

    Raises BusyError when that did not come within `WAIT_SECONDS`, or too many wait.
    """
    salt = site_salt()
    try:
        with place_given_back():
            turn = _turns.ask(source_here())
            turn.wait(WAIT_SECONDS)
            try:
                return code.derive(salt)
            finally:
                turn.end()
    except NoTurnError as error:
        raise BusyError("Too many codes are being worked on.") from error


def lookup_of_typed(typed: str) -> bytes:
    """The look-up key of what was typed; any other text costs as much and finds nothing."""
    try:
        return derive_keys(read_case_code(typed)).lookup
    except BadCaseCodeError:
        derive_keys(new_case_code())
        return secrets.token_bytes(32)
