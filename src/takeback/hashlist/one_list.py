"""Says in which lane an entry counts for a follower of one list, who hears no other hotline."""

from takeback.hashlist.events import PurposeEvent
from takeback.signals.lanes import Lane


def lane_on_one_list(lane: Lane, purpose: PurposeEvent | None) -> Lane:
    """Return the lane in which an entry counts; `purpose`: of its log, None before it is stated.

    Where the purpose asks that several hotlines assess an entry, one list alone never says that
    they have: it counts as self-reported (docs/wire.md).
    """
    needs_others = purpose is not None and purpose.confirmations > 1
    return Lane.SELF_REPORTED if needs_others and lane is Lane.CONFIRMED else lane
