"""BMP in runs of equal pixels (RLE8, RLE4, OS/2's RLE24): read as far as they go, as browsers do.

Runs may leave pixels out, or end early, and that is no damage: such pixels keep what lies below
them. Writers leave out what is plain, so a picture of which hardly a part was written is none.
"""

from typing import Final, NamedTuple

# Windows GDI, "Bitmap Compression"; RLE24 is of OS/2 2.0, with three bytes for each pixel.
_END_OF_ROW, _END, _DELTA = range(3)  # behind a count of 0; more is a count of pixels as they are

_BYTES: Final = tuple(bytes((value,)) for value in range(256))
_TWO_PIXELS: Final = tuple(bytes((value >> 4, value & 15)) * 128 for value in range(256))
_FROM_HEX: Final = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))
_FEW, _MANY = 16, 256
"""Runs that are looked for at a time; of the latter come 64 KiB of pixels at most."""


class Written(NamedTuple):
    """Pixels in the file's order of rows, and how many of them the runs wrote."""

    pixels: bytearray
    number: int


def written_by(data: bytes, size: tuple[int, int], bits: int, ground: bytes) -> Written:
    """Follow runs to their end, to the last row, or to where the data ends.

    `size` is (width, height) in pixels; `bits` 8, 4 or 24 a pixel; `ground` one pixel of what is
    left where nothing is written: of 1 byte, or of 3 for 24 bits. Returns one byte a pixel, or 3.
    Takes up to half a microsecond a run.
    """
    width, height = size
    depth = len(ground)
    pixels = bytearray(ground * (width * height))
    x = y = at = number = 0
    end, most = len(data) - 1, _FEW
    while at < end and y < height:
        if data[at]:
            run, taken, runs = _equal(data[at : at + most * (depth + 1)], bits)
            most = _MANY if runs == most else _FEW
            at += taken
            if not taken:
                break
        elif data[at + 1] > _DELTA:
            run, taken = _as_they_are(data, at, bits)
            at += taken
        elif data[at + 1] == _END_OF_ROW:
            x, y, at = 0, y + 1, at + 2
            continue
        elif data[at + 1] == _DELTA and at + 2 < end:
            x, y, at = x + data[at + 2], y + data[at + 3], at + 4
            continue
        else:
            break
        length = min(len(run) // depth, width - x)  # what does not fit into the row is left out
        if length > 0:
            start = (y * width + x) * depth
            pixels[start : start + length * depth] = run[: length * depth]
            x, number = x + length, number + length
    return Written(pixels, number)


def _equal(data: bytes, bits: int) -> tuple[bytes, int, int]:
    """Return the pixels of runs of equal ones, the bytes that these take, and how many they are.

    `data` begins with one; a count of zero, or an end within a run, ends them.
    """
    size = 1 + max(bits // 8, 1)
    lengths = data[::size]
    count = lengths.find(0)
    count = min(len(lengths) if count < 0 else count, len(data) // size)
    taken = count * size
    if bits == 8:  # noqa: PLR2004 - RLE8
        pixels = [_BYTES[data[at + 1]] * data[at] for at in range(0, taken, 2)]
    elif bits == 4:  # noqa: PLR2004 - RLE4: two pixels in turns
        pixels = [_TWO_PIXELS[data[at + 1]][: data[at]] for at in range(0, taken, 2)]
    else:
        pixels = [data[at + 1 : at + size] * data[at] for at in range(0, taken, size)]
    return b"".join(pixels), taken, count


def _as_they_are(data: bytes, at: int, bits: int) -> tuple[bytes, int]:
    """Return pixels that are stored one by one, and the bytes that they take: an even number."""
    size = (data[at + 1] * bits + 7) // 8
    run = data[at + 2 : at + 2 + size]
    if bits == 4:  # noqa: PLR2004 - RLE4
        run = run.hex().encode().translate(_FROM_HEX)[: data[at + 1]]
    return run, 2 + size + size % 2
