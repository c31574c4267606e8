"""Finds the picture in an upload: inside borders, captions, screenshots and collages.

All of it looks at one small grey copy of the upload and costs a fraction of a millisecond. Nothing
here decides anything: what is found is one more part of the upload to look up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from takeback.fingerprints.luma import GRID_SIDE, Box, Grid

Grey: TypeAlias = NDArray[np.uint8]
Shares: TypeAlias = NDArray[np.float32]

_SAME: Final = 6
"""Grey levels by which JPEG moves a flat colour."""

_SAME_GROUND: Final = 2
"""Of the ground of a screenshot, which is flat but near its text; a dark picture on it is not."""

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

_STEP: Final = 3
"""Grey levels: a smaller step is no edge."""

_REACH: Final = 3
"""Lines within which a step must be the largest to be an edge."""

_STRAIGHT: Final = 0.55
"""A straight edge runs along this share of a line; few photographs without a frame have one."""

_FAINT: Final = 0.25
"""An edge between dark and darker still shows along this share of a line."""

_WIDEST_BORDER: Final = 0.2
"""A border of one width takes at most this share of the shorter side."""

_SOFT: Final = 3
"""Lines of the grid to which an edge reaches, to either side: by soft samples and by JPEG."""

_CLEAR_STEP: Final = 8
"""Grey levels by which a picture must differ from the ground for its edge to be placed better."""

_SEAMS: Final = 2
MOST_PIECES: Final = 4 * _SEAMS
"""Two beside each seam, upright and level."""

_WIDEST_GAP: Final = 8
"""Lines of the grid, 3 % of the side."""

_BAR_EDGE: Final = 0.5
"""The upper and lower edge of a bar can be seen in this share of its width."""

_BAR_EDGES: Final = 8
"""So many of the straightest edges may be those of a bar."""

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
    letterboxed: Box | None
    edged: Box | None
    bordered: Box | None
    pieces: tuple[Box, ...]
    bar: Span | None
    """Rows of the grid that lie under a bar."""


def find_frames(grid: Grid, width: int, height: int) -> Frames:
    """Look for what people put around a picture of `width` by `height` pixels, over it, beside it.

    `grid` is the whole upload as `Luma.grid` gives it.
    """
    grey = np.rint(grid).astype(np.uint8)
    upended = np.ascontiguousarray(grey.T)
    levels, uprights = _straight_edges(grey), _straight_edges(upended)
    return Frames(
        trimmed=_refined(grid, _peeled(grey, upended, _FLAT)),
        uncaptioned=_refined(grid, _peeled(grey, upended, _WRITTEN)),
        shown=_refined(grid, _shown(grey, upended)),
        letterboxed=_refined(grid, _letterboxed(levels)),
        edged=_refined(grid, _edged(upended, levels)),
        bordered=_bordered(levels, uprights, width, height),
        pieces=_pieces(levels, uprights),
        bar=_bar(grey, levels),
    )


def paint_over(grid: Grid, bar: Span) -> Grid:
    """Return the grid with the bar's rows drawn from the row above it to the row below it."""
    painted = grid.copy()
    shares = (np.arange(len(bar), dtype=np.float32) + 1)[:, np.newaxis] / (len(bar) + 1)
    above, below = grid[bar.first - 1], grid[bar.end]
    painted[bar.first : bar.end] = above + (below - above) * shares
    return painted


def _refined(grid: Grid, box: Box | None) -> Box | None:
    """Move the edges of a part to where the picture begins between two lines of the grid.

    Samples are soft, so beside an edge lie some lines that are half picture, half ground. Their
    shares of picture add up to its distance from the first line that is picture alone.
    """
    if box is None:
        return None
    left, top, right, bottom = (round(edge * GRID_SIDE) for edge in box)
    rows, columns = grid[:, left:right], grid[top:bottom].T
    return Box(
        _edge(columns, left, right) / GRID_SIDE,
        _edge(rows, top, bottom) / GRID_SIDE,
        1 - _edge(columns[::-1], GRID_SIDE - right, GRID_SIDE - left) / GRID_SIDE,
        1 - _edge(rows[::-1], GRID_SIDE - bottom, GRID_SIDE - top) / GRID_SIDE,
    )


def _edge(lines: Shares, begin: int, end: int) -> float:
    """Return where the picture begins that was found to take the lines from `begin` to `end`."""
    reach = min(_SOFT, begin, (end - begin) // 2)
    outside, inside = lines[begin - reach], lines[begin + reach]
    step = inside - outside
    height = float(step @ step)
    if reach == 0 or height < _CLEAR_STEP**2 * len(step):
        return begin
    between = lines[begin - reach + 1 : begin + reach] - outside
    return begin + reach - float(np.clip(between @ step / height, 0, 1).sum())


def _apart(grey: Grey, other: Grey | int) -> Grey:
    """Return how many grey levels lie between them, without leaving 8 bits."""
    apart: Grey = np.maximum(grey, np.uint8(other) if isinstance(other, int) else other)
    apart -= np.minimum(grey, np.uint8(other) if isinstance(other, int) else other)
    return apart


def _shares(wanted: NDArray[np.bool_]) -> Shares:
    """Return which share of each row is wanted."""
    counts = np.bitwise_count(np.packbits(wanted, axis=1)).sum(axis=1, dtype=np.float32)
    shares: Shares = counts / np.float32(wanted.shape[1])
    return shares


def _straight_edges(grey: Grey) -> Shares:
    """Return along what share of each row an edge runs between it and the next row.

    A step counts if it is the largest within a few rows: along a frame these stand in one row, in a
    photograph anywhere. An edge that lies across two rows counts for both. Shape (rows - 1,).
    """
    steps = _apart(grey[1:], grey[:-1])
    n, width = steps.shape
    padded = np.zeros((n + 2 * _REACH, width), np.uint8)
    padded[_REACH : n + _REACH] = steps
    # The largest of 2, then 4, then 7 rows that follow one another.
    pairs = np.maximum(padded[:-1], padded[1:])
    fours = np.maximum(pairs[:-2], pairs[2:])
    largest = np.maximum(fours[:n], fours[_REACH : _REACH + n])
    shares = _shares((steps == largest) & (steps > _STEP))
    return np.convolve(shares, np.ones(3, np.float32), "same").astype(np.float32)


def _peeled(grey: Grey, upended: Grey, share: float) -> Box | None:
    """Peel lines off all sides while `share` of a line has the colour of the outermost one.

    Bars of several colours come off one by one. Returns what is left.
    """
    left, top, right, bottom = 0, 0, GRID_SIDE, GRID_SIDE
    for _ in range(3):
        before = (left, top, right, bottom)
        top += _depth(grey[top:bottom, left:right], share)
        bottom -= _depth(grey[top:bottom, left:right][::-1], share)
        left += _depth(upended[left:right, top:bottom], share)
        right -= _depth(upended[left:right, top:bottom][::-1], share)
        if before == (left, top, right, bottom):
            break
    return _boxed(left, top, right, bottom)


def _depth(lines: Grey, share: float) -> int:
    """Return how many of the first lines look like the very first one."""
    if min(lines.shape) < _FEWEST_LINES:
        return 0
    colour = int(np.sort(lines[0])[lines.shape[1] // 2])
    if _shares(_apart(lines[:1], colour) <= _SAME)[0] < share:
        return 0
    limit = int(len(lines) * _DEEPEST)
    other = _shares(_apart(lines[:limit], colour) <= _SAME) < share
    return int(other.argmax()) if other.any() else limit


def _shown(grey: Grey, upended: Grey) -> Box | None:
    """Return the largest part that does not have the commonest colour."""
    commonest = int(np.bincount(grey[::4, ::4].ravel(), minlength=256).argmax())
    rows = _longest_run(_shares(_apart(grey, commonest) <= _SAME_GROUND) < _WRITTEN)
    if not len(rows):
        return None
    inside = upended[:, rows.first : rows.end]
    columns = _longest_run(_shares(_apart(inside, commonest) <= _SAME_GROUND) < _FLAT)
    return _boxed(columns.first, rows.first, columns.end, rows.end)


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


def _letterboxed(levels: Shares) -> Box | None:
    """Return the full-width part between the straightest edges above and below, however faint."""
    first, end = _outer_edges(levels, _FAINT)
    return _boxed(0, first, GRID_SIDE, end)


def _edged(upended: Grey, levels: Shares) -> Box | None:
    """Return what lies between the straightest edges above, below and, between these, beside."""
    top, bottom = _outer_edges(levels, _STRAIGHT)
    if bottom - top < _FEWEST_LINES:
        return None
    left, right = _outer_edges(_straight_edges(upended[:, top:bottom]), _STRAIGHT)
    return _boxed(left, top, right, bottom)


def _outer_edges(edges: Shares, least: float) -> tuple[int, int]:
    """Return the line after the straightest edge of the first part, and of the last part."""
    n = len(edges) + 1
    reach = int(n * _DEEPEST)
    first = int(edges[:reach].argmax())
    last = n - 2 - int(edges[::-1][:reach].argmax())
    return (
        first + 1 if edges[first] >= least else 0,
        last + 1 if edges[last] >= least else n,
    )


def _bordered(levels: Shares, uprights: Shares, width: int, height: int) -> Box | None:
    """Return what lies within a border of one width all around, whatever the border shows.

    No side alone need have a straight edge: a blurred copy of the picture is a common border.
    """
    n = len(levels) + 1
    most = int(_WIDEST_BORDER * n)
    shorter = min(width, height)
    lines = np.arange(1, most)
    across = np.rint(lines * shorter / width).astype(np.intp)
    down = np.rint(lines * shorter / height).astype(np.intp)
    usable = (across > 0) & (down > 0)
    if not usable.any():  # so long and narrow that any border is all there is
        return None
    lines, across, down = lines[usable], across[usable], down[usable]
    together = (
        uprights[across - 1] + uprights[n - 1 - across] + levels[down - 1] + levels[n - 1 - down]
    )
    widest = int(together.argmax())
    x, y = int(across[widest]), int(down[widest])
    return _boxed(x, y, n - x, n - y)


def _pieces(levels: Shares, uprights: Shares) -> tuple[Box, ...]:
    """Return what lies on both sides of the straightest upright seams and of the level ones."""
    n = len(levels) + 1
    found: list[Box | None] = []
    for seam in _seams(uprights):
        found += [_boxed(0, 0, seam.first, n), _boxed(seam.end, 0, n, n)]
    for seam in _seams(levels):
        found += [_boxed(0, 0, n, seam.first), _boxed(0, seam.end, n, n)]
    return tuple(box for box in found if box is not None)


def _seams(edges: Shares) -> Iterator[Span]:
    """Yield the lines between two pieces, the straightest first: none, or the gap between them.

    The straightest may be a horizon in one of the pieces, so the next one is tried as well.
    """
    n = len(edges) + 1
    left = edges.copy()
    left[: n // 5] = left[n - n // 5 :] = 0
    for _ in range(_SEAMS):
        place = int(left.argmax())
        if left[place] < _STRAIGHT:
            return
        first, last = place - _WIDEST_GAP, place + _WIDEST_GAP + 1
        near = np.flatnonzero(edges[first:last] >= max(0.8 * edges[place], _STRAIGHT)) + first
        yield Span(int(near[0]) + 1, int(near[-1]) + 1)
        left[first:last] = 0


def _bar(grey: Grey, edges: Shares) -> Span | None:
    """Return the rows of a bar of one colour, but for its text, that goes across the picture."""
    n = len(grey)
    least, most = (round(n * share) for share in _BAR)
    lines = np.flatnonzero(edges[1 : n - 2] >= _BAR_EDGE) + 1
    straightest = sorted(lines[np.argsort(-edges[lines])[:_BAR_EDGES]].tolist())
    pairs = [
        (float(edges[above] + edges[below]), above + 1, below + 1)
        for above, below in combinations(straightest, 2)
        if least <= below - above <= most
    ]
    best: Span | None = None
    clearest = 0.0
    for straight, first, end in sorted(pairs, reverse=True):
        if straight <= clearest:  # no flatter bar could be clearer
            break
        inside = grey[first + 1 : end - 1]
        colour = int(np.median(inside[::2, ::8]))
        flat = float(_shares(_apart(inside, colour) <= _SAME).mean())
        if flat >= _WRITTEN and flat * straight > clearest:
            best, clearest = Span(first, end), flat * straight
    if best is None:
        return None
    return Span(max(1, best.first - 1), min(n - 1, best.end + 1))


def _boxed(left: int, top: int, right: int, bottom: int) -> Box | None:
    least = _LEAST * GRID_SIDE
    whole = left == top == 0 and right == bottom == GRID_SIDE
    if whole or right - left < least or bottom - top < least:
        return None
    return Box(*(edge / GRID_SIDE for edge in (left, top, right, bottom)))
