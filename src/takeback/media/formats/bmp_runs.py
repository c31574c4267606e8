"""BMP in runs of equal pixels (RLE8, RLE4, OS/2's RLE24): read as far as they go, as browsers do.

Runs may leave pixels out, or end early, and that is no damage: such pixels keep what lies below
them. Writers leave out what is plain, so a picture of which hardly a part was written is none.
"""

from typing import Final, NamedTuple

# Windows GDI, "Bitmap Compression"; RLE24 is of OS/2 2.0, with three bytes for each pixel.
_END_OF_ROW, _END, _DELTA = range(3)  # behind a count of 0; more is a count of pixels as they are

_TWO_PIXELS: Final = tuple(bytes((value >> 4, value & 15)) for value in range(256))
_FROM_HEX: Final = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))


class Written(NamedTuple):
    """Pixels in the file's order of rows, and how many of them the runs wrote."""

    pixels: bytearray
    number: int


def written_by(data: bytes, size: tuple[int, int], bits: int, ground: bytes) -> Written:
    """Follow runs to their end, to the last row, or to where the data ends.

    `size` is (width, height) in pixels; `bits` 8, 4 or 24 a pixel; `ground` one pixel of what is
    left where nothing is written: of 1 byte, or of 3 for 24 bits. Returns one byte a pixel, or 3.
    Takes some half a microsecond a run.
    """
    width, height = size
    depth, is_rle4 = len(ground), bits == 4  # noqa: PLR2004 - RLE4
    pixels = bytearray(ground * (width * height))
    x = y = at = count = 0
    end = len(data)
    while at + 1 < end and y < height:
        length, value = data[at], data[at + 1]
        at += 2
        if length == 0 and value <= _DELTA:
            if value == _END:
                break
            if value == _END_OF_ROW:
                x, y = 0, y + 1
            elif at + 1 < end:
                x, y = x + data[at], y + data[at + 1]
                at += 2
            else:
                break
            continue
        if length:  # one pixel, or two in turns, that often
            if is_rle4:
                run = _TWO_PIXELS[value] * (length + 1 >> 1)
            else:
                run = data[at - 1 : at - 1 + depth] * length
                at += depth - 1
        else:
            length = value
            taken = length + 1 >> 1 if is_rle4 else length * depth
            run = data[at : at + taken]
            at += taken + (taken & 1)
            if is_rle4:
                run = run.hex().encode().translate(_FROM_HEX)
        # What does not fit into the row, or is not there, is left out.
        length = min(length, width - x, len(run) // depth)
        if length > 0:
            start = (y * width + x) * depth
            pixels[start : start + length * depth] = run[: length * depth]
            count += length
        x += length if length > 0 else 0
    return Written(pixels, count)
