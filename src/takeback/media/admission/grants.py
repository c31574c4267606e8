"""What one picture may use at first: what its header promises, and no more.

A picture that needs more than it promised is not refused. It is decoded once more, as one that
nothing is known of: within all of the limits, when there is room for that.
"""

from typing import Final, NamedTuple

from takeback.media.admission.prediction import Prediction
from takeback.media.limits import Limits

_KEPT_MEMORY: Final = 80 << 20
"""Bytes that a child may still hold of what earlier pictures needed (`trim_threshold` and what
lies above it on the heap)."""

_MEMORY_STEP: Final = 16 << 20
"""Bytes: pictures that need about the same are granted the same, and the child's bound stays."""

_SPARE_CPU_SECONDS: Final = 2
"""Whole seconds, for that is how the kernel counts; 25 ns a pixel is an estimate."""

_WORK_A_SECOND: Final = 40_000_000
"""Pixels of ordinary work in a second of one core; see `Prediction`."""


class Grant(NamedTuple):
    """What the child may use for one picture.

    `pixels`: width times height, checked when the file is opened, before a pixel is decoded.
    `memory`: bytes of data beyond what the child held when it was ready; None for as much as the
    limits allow. `cpu_seconds`: whole seconds. `whole`: all that the limits allow; a picture that
    does not get by with less is tried again with it, and only then as far as it goes.
    """

    pixels: int
    cpu_seconds: int
    memory: int | None = None

    @property
    def whole(self) -> bool:
        """Whether there is no more to be had."""
        return self.memory is None


def seconds_of(work: int) -> float:
    """Return how long so many pixels of ordinary work take one core."""
    return work / _WORK_A_SECOND


def whole_grant(limits: Limits) -> Grant:
    """Grant all that the limits allow."""
    return Grant(limits.max_pixels, limits.max_cpu_seconds)


def grant_for(prediction: Prediction, limits: Limits) -> Grant:
    """Grant what was predicted, and some time and memory to spare."""
    memory = -(-(prediction.memory + _KEPT_MEMORY) // _MEMORY_STEP) * _MEMORY_STEP
    cpu_seconds = _SPARE_CPU_SECONDS + int(seconds_of(prediction.work))
    if (
        memory >= limits.max_memory
        or cpu_seconds >= limits.max_cpu_seconds
        or prediction.pixels > limits.max_pixels
    ):
        return whole_grant(limits)
    return Grant(prediction.pixels, cpu_seconds, memory)
