"""Keeps off the list, and out of look-ups, fingerprints that would match unrelated pictures.

docs/views.md says what was measured with these floors and without them.
"""

from typing import Final

import numpy as np

from takeback.fingerprints.luma import Grid
from takeback.fingerprints.pdq import Pdq

LEAST_QUALITY: Final = 50
"""Of a whole picture. The reference's documentation advises to drop qualities up to 49
(ThreatExchange, `pdq/README.md`)."""

LEAST_CROP_QUALITY: Final = 80
"""Of a listed crop. It is compared with every view of an upload, so it has more chances to err."""

LEAST_QUALITY_FOR_PARTS: Final = 60
"""Of a listed picture that is to match a view of a part of an upload. Parts of pictures are many;
listed pictures of less quality match the whole of an upload only."""

LEAST_VIEW_QUALITY: Final = 50
"""Of an upload's view other than the whole. The whole is looked up whatever its quality, so that
nobody gets past by blurring a copy."""

_HALF_OF_THE_BITS: Final = 128
_MOST_BITS_OFF: Final = 16
"""The median sets half of a picture's bits, a few less where frequencies are equal. Only pictures
without texture, and codes that are of no picture, are farther off."""

_DRAWN: Final = 0.9
"""Two grey levels cover so much of a logo; of 175 everyday photographs at most 0.66, of screenshots
that show a photograph 0.89."""

_LEVEL: Final = 2
"""Grey levels above and below one that still are that one."""


def is_listable(pdq: Pdq, *, crop: bool = False) -> bool:
    """Tell whether the PDQ of a picture, or of a crop of it, may go on the list."""
    weight = int.from_bytes(pdq.bits).bit_count()
    return (
        pdq.quality >= (LEAST_CROP_QUALITY if crop else LEAST_QUALITY)
        and abs(weight - _HALF_OF_THE_BITS) <= _MOST_BITS_OFF
    )


def looks_drawn(grid: Grid) -> bool:
    """Tell whether a picture, or a part of one, is little more than two flat greys, as logos are.

    Once the ground is cut away from it, a disc is like any other disc: of an upload that looks so
    only the whole is looked up, and a part that does is not looked at.
    """
    counts = np.bincount(np.rint(grid).astype(np.uint8).ravel(), minlength=256)
    levels = np.convolve(counts, np.ones(2 * _LEVEL + 1), "same")
    first = int(levels.argmax())
    commonest = float(levels[first])
    counts[max(0, first - _LEVEL) : first + _LEVEL + 1] = 0
    other = float(np.convolve(counts, np.ones(2 * _LEVEL + 1), "same").max())
    return commonest + other >= _DRAWN * grid.size
