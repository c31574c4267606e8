"""What the decoder's child process makes of an upload: the PDQs of its views, as a few bytes.

Runs confined, on what a stranger sent: it opens no file, so the policies are loaded on import.
"""

import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from takeback.fingerprints.frames import MOST_PIECES, Frames, find_frames, paint_over
from takeback.fingerprints.listable import LEAST_VIEW_QUALITY, looks_drawn
from takeback.fingerprints.luma import (
    GRID_SIDE,
    Box,
    Grid,
    Luma,
    View,
    pixels_of_box,
    view_pdqs,
)
from takeback.fingerprints.pdq import PDQ_BYTES, Pdq
from takeback.fingerprints.views import WHOLE, Part, UploadView, ViewPolicy, shipped_policies
from takeback.media.picture import OpenedPicture

READ_UPLOAD: Final = "takeback.fingerprints.reading:read_upload"
"""What a `Decoder` must be made with to read uploads."""

_POLICIES: Final = shipped_policies()
_SIZE: Final = struct.Struct("<II")
_ROW: Final = struct.Struct(f"<BBB{PDQ_BYTES}s")
_SMALL_SIDE: Final = 768
"""Pixels. The reference rounds the places where it looks, so a picture that is turned has another
PDQ than its turned PDQ. With a longer short side that is a matter of a few bits."""

_SAME_BOX: Final = 0.003
"""Two boxes are one if their edges differ by less, as a share of the upload's side."""


class ViewPdq(NamedTuple):
    """The PDQ of one view, by its place in the policy, in one orientation, in PDQ's order."""

    view: int
    orientation: int
    pdq: Pdq


def read_upload(picture: OpenedPicture, argument: bytes) -> bytes:
    """Return width, height and the PDQs of all views of `picture`; `parse_upload` reads them.

    `argument` is the name of a policy, UTF-8.
    """
    grey, width, height = picture.luma_scaled()
    luma = Luma.from_scaled(grey, width, height)
    rows = view_pdqs_of(luma, _POLICIES[argument.decode()])
    return _SIZE.pack(width, height) + b"".join(
        _ROW.pack(row.view, row.orientation, row.pdq.quality, row.pdq.bits) for row in rows
    )


def parse_upload(answer: bytes, policy: ViewPolicy) -> tuple[int, int, tuple[ViewPdq, ...]]:
    """Return width, height and the PDQs from what `read_upload` gave.

    Raises ValueError if it is anything else: the child may have been taken over by the picture.
    """
    size, rows = answer[: _SIZE.size], answer[_SIZE.size :]
    if len(size) < _SIZE.size or len(rows) % _ROW.size:
        raise ValueError("The answer has another length.")
    width, height = _SIZE.unpack(size)
    found = tuple(
        ViewPdq(view, orientation, Pdq(bits, quality))
        for view, orientation, quality, bits in _ROW.iter_unpack(rows)
    )
    if not found or found[0][:2] != (0, 0):
        raise ValueError("The answer does not begin with the whole.")
    for (place, orientation), times in Counter(row[:2] for row in found).items():
        view = policy.upload[place] if place < len(policy.upload) else None
        if view is None or orientation not in view.orientations.places:
            raise ValueError("The answer has a view that is not in the policy.")
        if times > (MOST_PIECES if view.part is Part.PIECE else 1):
            raise ValueError("The answer has a view too often.")
    return width, height, found


def view_pdqs_of(luma: Luma, policy: ViewPolicy) -> list[ViewPdq]:
    """Return the PDQs of a picture in all views of a policy, the whole first.

    Parts that are not in the picture, or that another part has shown already, give nothing.
    """
    found = list(_wholes(luma))
    if len(policy.upload) > 1:
        found += grid_pdqs_of(luma.grid(), luma.width, luma.height, policy)
    return found


def _wholes(luma: Luma) -> Iterator[ViewPdq]:
    """Yield the PDQ of the whole as the reference takes it; of a small one in all orientations."""
    as_it_is, *_, transposed, _ = luma.dihedral_pdqs()
    yield ViewPdq(0, 0, as_it_is)
    if luma.is_reduced or min(luma.width, luma.height) >= _SMALL_SIDE:
        return
    yield ViewPdq(0, 6, transposed)
    for across, down, flipped, turned in (
        (True, False, 5, 1),
        (False, True, 4, 3),
        (True, True, 2, 7),
    ):
        eight = luma.flipped(across=across, down=down).dihedral_pdqs()
        yield ViewPdq(0, flipped, eight[0])
        yield ViewPdq(0, turned, eight[6])


def grid_pdqs_of(grid: Grid, width: int, height: int, policy: ViewPolicy) -> list[ViewPdq]:
    """Return the PDQs of all views but the whole, from the grid of a picture of this size."""
    views = list(enumerate(policy.upload))[1:]
    frames = find_frames(grid, width, height)
    beside_bar = [(n, view, view.box) for n, view in views if view.part is Part.UNBARRED]
    others = [(n, view) for n, view in views if view.part is not Part.UNBARRED]
    found = _looked_at(grid, width, height, list(_placed(others, grid, frames)))
    if frames.bar is not None and beside_bar and not looks_drawn(grid):
        found += _looked_at(paint_over(grid, frames.bar), width, height, beside_bar)
    return found


def _placed(
    views: Sequence[tuple[int, UploadView]], grid: Grid, frames: Frames
) -> Iterator[tuple[int, UploadView, Box]]:
    """Yield where in the upload each view looks.

    Left out are parts that were not found, that come again, and that look drawn.
    """
    parts: dict[Part, list[Box]] = {Part.WHOLE: [] if looks_drawn(grid) else [WHOLE]}
    known = [WHOLE]
    for part, boxes in (
        (Part.TRIMMED, [frames.trimmed]),
        (Part.UNCAPTIONED, [frames.uncaptioned]),
        (Part.SHOWN, [frames.shown]),
        (Part.LETTERBOXED, [frames.letterboxed]),
        (Part.EDGED, [frames.edged]),
        (Part.BORDERED, [frames.bordered]),
        (Part.PIECE, list(frames.pieces)),
    ):
        parts[part] = []
        for box in boxes:
            if box is None or any(_same(box, other) for other in known):
                continue
            known.append(box)
            if not looks_drawn(_cut(grid, box)):
                parts[part].append(box)
    for n, view in views:
        if view.shows_whole:
            yield n, view, WHOLE
            continue
        for part_box in parts[view.part]:
            yield n, view, view.box_in(part_box)


def _cut(grid: Grid, box: Box) -> Grid:
    left, top, right, bottom = pixels_of_box(box, GRID_SIDE, GRID_SIDE)
    return grid[top:bottom, left:right]


def _looked_at(
    grid: Grid, width: int, height: int, placed: Sequence[tuple[int, UploadView, Box]]
) -> list[ViewPdq]:
    codes, qualities = view_pdqs(
        grid, width, height, [View(box, view.degrees) for _, view, box in placed]
    )
    return [
        ViewPdq(n, place, Pdq(codes[row, place].tobytes(), int(qualities[row])))
        for row, (n, view, _) in enumerate(placed)
        if view.shows_whole or qualities[row] >= LEAST_VIEW_QUALITY
        for place in view.orientations.places
    ]


def _same(box: Box, other: Box) -> bool:
    return all(abs(a - b) < _SAME_BOX for a, b in zip(box, other, strict=True))
