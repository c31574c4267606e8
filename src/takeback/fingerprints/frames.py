"""Where in an upload the picture is: inside of borders, captions, screenshots, collages.

All of it looks at one small grey copy of the upload and costs a fraction of a millisecond. Nothing
here decides anything: what is found is one more part of the upload to look up.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from takeback.fingerprints.luma import Box, Grid

Grey: TypeAlias = NDArray[np.int16]
Shares: TypeAlias = NDArray[np.float32]

_SAME: Final = 6
"""Grey levels by which JPEG moves a flat colour."""

_STEP: Final = 12
"""Grey levels between two lines that make an edge."""

_FLAT: Final = 0.95
"""A line of a border has its colour in this share of its pixels."""

_WRITTEN: Final = 0.5
"""A line of a strip with text has the strip's colour in this share of its pixels."""

_LEAST: Final = 0.15
"""A picture inside of a frame has at least this share of its height and width."""

_DEEPEST: Final = 0.45
"""No border, bar or strip takes more than this share of a side at one peeling."""

_FEWEST_LINES: Final = 4
"""What is smaller is not peeled any more."""

_LONGEST_GAP: Final = 2
"""Lines from one line of a picture to the next that end it not: one may look like the ground."""

_CLEAR: Final = 0.3
"""A straight edge goes along this share of a line more than along the lines around it."""

_BAR_EDGE: Final = 0.5
"""The upper and lower edge of a bar can be seen in this share of its width."""

_BAR: Final = (0.03, 0.22)
"""A bar over a picture takes from and up to these shares of its height."""


@dataclass(frozen=True, slots=True)
class Span:
    """Rows or columns from `first` up to, not including, `end`."""

    first: int
    end: int

    def __len__(self) -> int:
        return self.end - self.first


@dataclass(frozen=True, slots=True)
class Frames:
    """What was found in an upload; None or nothing where it has no such frame."""

    trimmed: Box | None
    uncaptioned: Box | None
    shown: Box | None
    edged: Box | None
    pieces: tuple[Box, ...]
    bar: Span | None
    """Rows of the grid that lie under a bar."""


def find_frames(grid: Grid) -> Frames:
    """Look for what people put around a picture, over it and beside it.

    `grid` is the whole upload as `Luma.grid` gives it: any float32 of shape (rows, columns) will
    do, of 32 to 1,024 a side.
    """
    grey = np.rint(grid).astype(np.int16)
    across, down = _edges(grey.T), _edges(grey)
    rows, columns = map(_standing_out, (down, across))
    return Frames(
        trimmed=_box(grey, *_peeled(grey, _FLAT)),
        uncaptioned=_box(grey, *_peeled(grey, _WRITTEN)),
        shown=_box(grey, *_shown(grey)),
        edged=_box(grey, _between_edges(rows), _between_edges(columns)),
        pieces=_pieces(grey, rows, columns),
        bar=_bar(grey, down),
    )


def paint_over(grid: Grid, bar: Span) -> Grid:
    """Return the grid with the bar's rows drawn from the row above it to the row below it."""
    painted = grid.copy()
    shares = (np.arange(len(bar), dtype=np.float32) + 1)[:, np.newaxis] / (len(bar) + 1)
    above, below = grid[bar.first - 1], grid[bar.end]
    painted[bar.first : bar.end] = above + (below - above) * shares
    return painted


def _edges(grey: Grey) -> Shares:
    """Return what share of each row differs clearly from the next row."""
    shares: Shares = (np.abs(grey[1:] - grey[:-1]) > _STEP).mean(axis=1, dtype=np.float32)
    return shares


def _standing_out(edges: Shares) -> Shares:
    """Return how much clearer each edge is than those two and three lines away."""
    n = len(edges)
    padded = np.pad(edges, 3, mode="edge")
    around = [padded[offset : offset + n] for offset in (0, 1, 5, 6)]
    clearest: Shares = np.maximum.reduce(around)
    return edges - clearest


def _peeled(grey: Grey, share: float) -> tuple[Span, Span]:
    """Peel lines off all sides while `share` of a line has the colour of the outermost one.

    Bars of several colours come off one by one. Returns the rows and columns that are left.
    """
    top, left = 0, 0
    bottom, right = grey.shape
    for _ in range(3):
        before = (top, bottom, left, right)
        top += _depth(grey[top:bottom, left:right], share)
        bottom -= _depth(grey[top:bottom, left:right][::-1], share)
        left += _depth(grey[top:bottom, left:right].T, share)
        right -= _depth(grey[top:bottom, left:right].T[::-1], share)
        if before == (top, bottom, left, right):
            break
    return Span(top, bottom), Span(left, right)


def _depth(lines: Grey, share: float) -> int:
    """Return how many of the first lines look like the very first one."""
    if min(lines.shape) < _FEWEST_LINES:
        return 0
    limit = int(len(lines) * _DEEPEST)
    colour = int(np.median(lines[0]))
    other = (np.abs(lines[:limit] - colour) <= _SAME).mean(axis=1) < share
    return int(other.argmax()) if other.any() else limit


def _shown(grey: Grey) -> tuple[Span, Span]:
    """Return the rows and columns of the largest thing that has not the commonest colour."""
    levels = np.clip(grey, 0, 255).ravel().astype(np.uint8)
    ground = np.abs(grey - int(np.bincount(levels, minlength=256).argmax())) <= _SAME
    rows = _longest_run(ground.mean(axis=1) < _WRITTEN)
    if not len(rows):
        return rows, rows
    columns = _longest_run(ground[rows.first : rows.end].mean(axis=0) < _FLAT)
    return rows, columns


def _longest_run(wanted: NDArray[np.bool_]) -> Span:
    """Return the longest run of wanted lines; a single other one does not end it."""
    places = np.flatnonzero(wanted)
    if not len(places):
        return Span(0, 0)
    breaks = np.flatnonzero(np.diff(places) > _LONGEST_GAP)
    firsts = places[np.concatenate(([0], breaks + 1))]
    lasts = places[np.concatenate((breaks, [len(places) - 1]))]
    longest = int((lasts - firsts).argmax())
    return Span(int(firsts[longest]), int(lasts[longest]) + 1)


def _between_edges(standing_out: Shares) -> Span:
    """Return the lines between the clearest edge before the middle and the one after it."""
    n = len(standing_out) + 1
    reach = int(n * _DEEPEST)
    first = int(standing_out[:reach].argmax())
    last = n - 2 - int(standing_out[::-1][:reach].argmax())
    return Span(
        first + 1 if standing_out[first] >= _CLEAR else 0,
        last + 1 if standing_out[last] >= _CLEAR else n,
    )


def _pieces(grey: Grey, rows: Shares, columns: Shares) -> tuple[Box, ...]:
    """Return what lies on both sides of the clearest upright seam and of the clearest level one."""
    height, width = grey.shape
    every_row, every_column = Span(0, height), Span(0, width)
    found: list[Box | None] = []
    if (x := _seam(columns)) is not None:
        for side in (Span(0, x), Span(x, width)):
            found.append(_box(grey, *_peeled_within(grey, every_row, side)))
    if (y := _seam(rows)) is not None:
        for side in (Span(0, y), Span(y, height)):
            found.append(_box(grey, *_peeled_within(grey, side, every_column)))
    return tuple(box for box in found if box is not None)


def _seam(standing_out: Shares) -> int | None:
    n = len(standing_out) + 1
    low, high = n // 5, n - n // 5
    place = low + int(standing_out[low:high].argmax())
    return place + 1 if standing_out[place] >= _CLEAR else None


def _peeled_within(grey: Grey, rows: Span, columns: Span) -> tuple[Span, Span]:
    inner_rows, inner_columns = _peeled(
        grey[rows.first : rows.end, columns.first : columns.end], _FLAT
    )
    return (
        Span(rows.first + inner_rows.first, rows.first + inner_rows.end),
        Span(columns.first + inner_columns.first, columns.first + inner_columns.end),
    )


def _bar(grey: Grey, edges: Shares) -> Span | None:
    """Return the rows of a bar of one colour, but for its text, that goes across the picture."""
    n = len(grey)
    least, most = (round(n * share) for share in _BAR)
    candidates = np.flatnonzero(edges >= _BAR_EDGE) + 1
    best: Span | None = None
    clearest = 0.0
    for first in candidates[candidates > 1]:
        last_end = min(first + most, n - 2)
        for end in candidates[(candidates >= first + least) & (candidates <= last_end)]:
            inside = grey[first + 1 : end - 1]
            flat = float((np.abs(inside - int(np.median(inside[:, ::8]))) <= _SAME).mean())
            clear = flat * float(edges[first - 1] + edges[end - 1])
            if flat >= _WRITTEN and clear > clearest:
                best, clearest = Span(int(first), int(end)), clear
    if best is None:
        return None
    return Span(max(1, best.first - 1), min(n - 1, best.end + 1))


def _box(grey: Grey, rows: Span, columns: Span) -> Box | None:
    height, width = grey.shape
    if len(rows) < _LEAST * height or len(columns) < _LEAST * width:
        return None
    if len(rows) == height and len(columns) == width:
        return None
    return Box(columns.first / width, rows.first / height, columns.end / width, rows.end / height)
