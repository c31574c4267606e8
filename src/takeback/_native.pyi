"""Types of the C++ kernels; see native/bindings.cpp."""

import numpy as np
from numpy.typing import NDArray

def pdq(pixels: NDArray[np.uint8]) -> tuple[bytes, int]: ...
def dihedral_pdqs(
    pixels: NDArray[np.uint8],
) -> tuple[tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes], int]: ...
def jpeg_markers(jpeg: bytes | memoryview) -> tuple[int, tuple[tuple[int, int], ...]]: ...
