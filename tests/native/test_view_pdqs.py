"""Views of a grid as the kernels take them: no angle leads beyond the grid."""

import numpy as np
import pytest
from numpy.typing import NDArray

from takeback import _native

GRID = np.random.default_rng(1).integers(0, 256, (256, 256)).astype(np.float32)


def look(degrees: float) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    view = np.array([[0.1, 0.2, 0.9, 0.8, degrees]], np.float32)
    return _native.view_pdqs(GRID, 4000, 3000, view)


# The sine of 2e38 degrees is none: in float32 their radians are infinite.
@pytest.mark.parametrize("degrees", [360.001, -361, 1e9, 2e38, -2e38, np.inf, -np.inf, np.nan])
def test_an_angle_beyond_a_full_turn_is_refused(degrees: float) -> None:
    with pytest.raises(ValueError, match="-360 to 360"):
        look(degrees)


@pytest.mark.parametrize("degrees", [-360, -181.5, -3, -1e-30, 0, 1e-45, 3, 90, 360])
def test_every_angle_within_a_full_turn_is_looked_at(degrees: float) -> None:
    codes, qualities = look(degrees)
    assert codes.shape == (1, 8, 32)
    assert qualities.shape == (1,)
