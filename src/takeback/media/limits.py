"""How much of the machine one picture may use."""

from dataclasses import dataclass
from typing import Final

_MIB = 1 << 20

LONGEST_SIDE: Final = 1 << 24
"""Pixels. The kernels take no longer side: `kLargestSide` in native/pdq/pixels.hpp."""

PICTURES_A_CHILD: Final = 1000
"""What a codec leaks, and what a file took over, ends with the child."""


@dataclass(frozen=True)
class Limits:
    """Bounds for one picture; whatever goes past one of them is refused, never half done.

    The defaults let through what phones and cameras make, and stop what only an attack needs:
    """

    max_bytes: int = 64 * _MIB
    """Size of the file. A 50-megapixel phone photograph has 10 to 25 MiB."""

    max_pixels: int = 100_000_000
    """Width times height. Twice what the main sensor of a 50-megapixel phone makes."""

    max_cpu_seconds: int = 10
    """Processor time, in whole seconds. 48 megapixels of HEIC, all noise, take 2.4 s."""

    max_wall_seconds: float = 30.0
    """Time on the clock, so that a busy machine does not refuse what it could do later."""

    max_scans: int = 100
    """Passes over one JPEG. Encoders write about 10; each costs as much as a whole picture."""

    max_memory: int = 2048 * _MIB
    """Address space, in bytes, for decoding alone. 100 megapixels with alpha need 1.3 GiB."""

    def __post_init__(self) -> None:
        """Raise ValueError for a bound that would refuse every picture."""
        for name, value in vars(self).items():
            if value <= 0:
                raise ValueError(f"Limits.{name} must be more than 0; got {value}.")


@dataclass(frozen=True)
class FirstTry(Limits):
    """Less than the limits allow: what fails within it is tried again with all that they allow.

    So nothing is read as far as it goes meanwhile: a decoder that ran short of memory would show
    less of a picture than there is.
    """
