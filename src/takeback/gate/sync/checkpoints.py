"""Takes a followed log to its newest checkpoint: a trusted one, fetched anew if need be."""

import threading
from collections.abc import Callable
from typing import TypeVar

from takeback.hashlist.errors import ErasedWithoutWithdrawalError
from takeback.tlog.errors import WrongOriginError
from takeback.tlog.signed_note import VerifierKey
from takeback.tlog.trust import TrustPolicy

_Taken = TypeVar("_Taken")

# An entry can be withdrawn between our fetching a checkpoint and its openings; the hotline signs
# the withdrawal within seconds, and a newer checkpoint then explains the gap.
_TRIES = 5
_PAUSE_SECONDS = 0.5


def take_newest(
    fetch: Callable[[], bytes], take: Callable[[bytes], _Taken], known: bytes | None = None
) -> _Taken:
    """Take the log up to its newest checkpoint; try again if openings were erased in between.

    `fetch` returns the newest signed note, `take` follows the log up to one; `known`: the note to
    begin with, if there is one already. Raises what they raise; ErasedWithoutWithdrawalError if no
    newer checkpoint explains what is gone.
    """
    for tries_left in reversed(range(_TRIES)):
        note = known or fetch()
        try:
            return take(note)
        except ErasedWithoutWithdrawalError:
            if not tries_left:
                raise
            known = None
            threading.Event().wait(_PAUSE_SECONDS)
    raise AssertionError("unreachable: the last try returns or raises")


def require_trust(
    policy: TrustPolicy | None, note: bytes, pinned: VerifierKey, key: VerifierKey
) -> None:
    """Hold a checkpoint to a trust policy, if there is one.

    The policy may name the log by the key first believed (`pinned`) or the one in force (`key`), or
    name no log. Raises WrongOriginError if it names others only, UnwitnessedError without its
    quorum.
    """
    if policy is None:
        return
    known = {log.key for log in policy.logs}
    if known and known.isdisjoint((pinned, key)):
        raise WrongOriginError(
            f"The trust policy names no key of the log of {key.name}. "
            "Give --trust a policy that does. The list you have stays in force."
        )
    policy.require_quorum(note)
