"""How a gate shares its decoding processes out among uploads; docs/gate.md adds the memory up."""

from typing import Final

from takeback.gate.cores import usable_cores
from takeback.media import Limits, TurnRules

LIMITS: Final = Limits(max_memory=1792 << 20)
"""What one upload may use. With 1,792 MiB every picture of 100 megapixels can be read, but for AVIF
with transparency beyond 88; and all of a gate on two cores stays within 2.5 GiB."""

_CHILDREN_A_COSTLY_ONE: Final = 4
_MOST_WAITING_A_CHILD: Final = 32
_MOST_WAITING: Final = 256
_WORK_A_CHILD: Final = 100_000_000
_MOST_SECONDS_WAITING: Final = 4.0  # an answer within five


def default_decoders() -> int:
    """Return how many uploads a gate decodes at a time: one a core, and at least two."""
    return max(2, usable_cores())


def turn_rules(decoders: int, *, patient: bool) -> TurnRules:
    """Return the rules for so many children.

    A quarter of them, and at least one if there are two, is kept for quick uploads; the costly ones
    get the memory of so many of the largest. `patient`: nothing is kept, and nobody sent away.
    """
    quarter = max(1, decoders // _CHILDREN_A_COSTLY_ONE)
    costly_memory = quarter * LIMITS.max_memory
    if patient:
        return TurnRules(most_costly_memory=costly_memory)
    return TurnRules(
        kept_for_quick=min(quarter, decoders - 1),
        most_costly_memory=costly_memory,
        most_waiting=min(decoders * _MOST_WAITING_A_CHILD, _MOST_WAITING),
        most_work_waiting=decoders * _WORK_A_CHILD,
        most_seconds_waiting=_MOST_SECONDS_WAITING,
    )
