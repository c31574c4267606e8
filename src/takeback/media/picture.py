"""A picture in the child process, opened for a reader: decoded when asked, no more than asked."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from takeback.media.formats.jpeg import inspected
from takeback.media.limits import Limits
from takeback.media.luma import scaled_luma
from takeback.media.pixels import decode_as_stored, outcome_of
from takeback.media.refused import Refused


class OpenedPicture:
    """What a reader gets: the first frame of one picture file.

    `media_type` is what `takeback.media.sniff` says. A reader lets pass what the methods raise:
    it tells the parent what is wrong with the file.
    """

    def __init__(self, data: bytes | memoryview, media_type: str, limits: Limits) -> None:
        self.media_type = media_type
        self._data = data
        self._limits = limits
        self._luma: tuple[NDArray[np.uint8], int, int] | None = None

    @property
    def width(self) -> int:
        """Pixels from left to right, after orientation; decodes as `luma_scaled` does."""
        return self.luma_scaled()[1]

    @property
    def height(self) -> int:
        """Pixels from top to bottom, after orientation; decodes as `luma_scaled` does."""
        return self.luma_scaled()[2]

    def pixels(self) -> NDArray[np.uint8]:
        """Decode to upright RGB on white, exactly as `Decoder.decode` does.

        Returns uint8 of shape (height, width, 3); a view with any strides.
        """
        return self._exact("RGB")

    def luma_scaled(self) -> tuple[NDArray[np.uint8], int, int]:
        """Decode to brightness, as fast as the format allows; once, however often it is called.

        Returns uint8 of shape (ceil(height / k), ceil(width / k)), k being 1, 2, 4 or 8; a view
        with any strides; and the full width and height of the upright picture. For a JPEG that
        stores brightness, k is the largest with 512 pixels and more left on the short side, and
        incomplete cells at the right and lower edges only; all else is decoded exactly and k is 1.
        """
        if self._luma is None:
            try:
                self._luma = self._jpeg_luma() or self._exact_luma()
            except Exception as error:
                raise Refused(outcome_of(error)) from error
        return self._luma

    def _jpeg_luma(self) -> tuple[NDArray[np.uint8], int, int] | None:
        if self.media_type != "image/jpeg":
            return None
        header = inspected(self._data, self._limits)
        brightness = _without(self._data, header.colour_refinements)
        stored = scaled_luma(brightness, header, self._limits)
        if stored is None:
            return None
        grey, width, height = stored
        if header.orientation.sideways:
            width, height = height, width
        return header.orientation.view(grey), width, height

    def _exact_luma(self) -> tuple[NDArray[np.uint8], int, int]:
        grey = self._exact("L")
        return grey, grey.shape[1], grey.shape[0]

    def _exact(self, mode: Literal["RGB", "L"]) -> NDArray[np.uint8]:
        picture, orientation = decode_as_stored(self._data, self.media_type, mode, self._limits)
        return orientation.view(np.asarray(picture))


def _without(data: bytes | memoryview, ranges: Sequence[tuple[int, int]]) -> bytes | memoryview:
    if not ranges:
        return data
    kept: list[bytes | memoryview] = []
    at = 0
    for start, end in ranges:
        kept.append(data[at:start])
        at = end
    return b"".join([*kept, data[at:]])
