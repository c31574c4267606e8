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
