"""Reads a fingerprint as other lists write it, in files and on servers alike."""

from typing import Any

from pydantic import ValidationError

from takeback.hashlist.signals import SIGNAL_MODELS, Signal
from takeback.signals.kinds import KINDS

# Other lists say a quality at most: a kind with further numbers is not read from them.
_READ = {
    kind.name: kind for kind in KINDS if {number.name for number in kind.numbers} <= {"quality"}
}


class UnreadableError(ValueError):
    """A part of another list can't be read; the message says why and quotes nothing of it."""


def read_signal(kind: str, value: str, quality: Any) -> Signal:
    """Read a fingerprint as other lists write it; raises UnreadableError."""
    row = _READ.get(kind.lower())
    if row is None:
        *others, last = _READ
        raise UnreadableError(f"has a type other than {', '.join(others)} and {last}")
    try:
        numbers = {number.name: quality for number in row.numbers}
        signal: Signal = SIGNAL_MODELS[row.name](value=value.lower(), **numbers)
        return signal
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]["loc"][0]
        raise UnreadableError(
            "has a quality that is not a whole number from 0 to 100"
            if wrong == "quality"
            else f"has no {kind.lower()} in hex for its value"
        ) from error
