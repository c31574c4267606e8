"""Reads a fingerprint as other lists write it, in files and on servers alike."""

from typing import Any

from pydantic import ValidationError

from takeback.hashlist.signals import Md5Signal, PdqSignal, Sha256Signal, Signal


class UnreadableError(ValueError):
    """A part of another list can't be read; the message says why and quotes nothing of it."""


def read_signal(kind: str, value: str, quality: Any) -> Signal:
    """Read a fingerprint as other lists write it; raises UnreadableError."""
    value = value.lower()
    try:
        match kind.lower():
            case "pdq":
                return PdqSignal(value=value, quality=quality)
            case "sha256":
                return Sha256Signal(value=value)
            case "md5":
                return Md5Signal(value=value)
            case _:
                raise UnreadableError("has a type other than pdq, sha256 and md5")
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]["loc"][0]
        raise UnreadableError(
            "has a quality that is no whole number from 0 to 100"
            if wrong == "quality"
            else f"has no {kind.lower()} in hex for its value"
        ) from error
