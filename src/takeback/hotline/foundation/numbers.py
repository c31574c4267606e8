"""Reads numbers that an operator sets in the environment."""

import math
import os


def whole_number(name: str, default: int, *, least: int = 0, most: int = 1_000_000) -> int:
    """Return the variable `name`, or `default`; raises ValueError if it is out of range."""
    text = os.environ.get(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ValueError(f"{name} must be a whole number from {least} to {most}.")
    return int(text)


def number_of_seconds(name: str, default: float, *, least: float, most: float) -> float:
    """Return the variable `name`, or `default`; raises ValueError if it is out of range."""
    try:
        seconds = float(os.environ.get(name, default))
    except ValueError:
        seconds = math.nan
    if not least <= seconds <= most:
        raise ValueError(f"{name} must be a number of seconds from {least:g} to {most:g}.")
    return seconds
