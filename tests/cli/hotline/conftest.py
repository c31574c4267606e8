"""The operator's commands work on a database; importing it here sets Django up."""

from tests.support.database import (
    _nobody_has_asked_before,
    _nothing_was_signed_before,
    hotline_database,
    second_database,
)

__all__ = [
    "_nobody_has_asked_before",
    "_nothing_was_signed_before",
    "hotline_database",
    "second_database",
]
