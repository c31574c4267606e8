"""Lanes: how an entry came onto the list."""

from enum import StrEnum


class Lane(StrEnum):
    """How an entry came onto the list; lanes are never mixed."""

    SELF_REPORTED = "self_reported"
    """A young person listed it; no human has seen the picture."""
    CONFIRMED = "confirmed"
    """A hotline's analyst has assessed the picture."""
    IMPORTED = "imported"
    """Another organisation lists it; nobody at this hotline has seen the picture."""
    TEST = "test"
    """A harmless picture, drawn by the hotline's program, with which a platform tries its gate."""


LANE_BITS = {Lane.SELF_REPORTED: 1, Lane.CONFIRMED: 2, Lane.IMPORTED: 4, Lane.TEST: 8}
"""How sets of lanes are stored: one bit a lane."""


ALL_LANES = sum(LANE_BITS.values())
