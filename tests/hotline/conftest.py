"""The hotline's tests stand on a database; importing it here sets Django up for this folder."""

from tests.support.database import (
    _nobody_has_asked_before,
    _nothing_was_signed_before,
    hotline_database,
    keys_of_its_own,
    second_database,
)

__all__ = [
    "_nobody_has_asked_before",
    "_nothing_was_signed_before",
    "hotline_database",
    "keys_of_its_own",
    "second_database",
]
