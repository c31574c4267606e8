"""The plots of docs/benchmarks.md, as small SVG files that are the same for the same figures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from benchmarks.hashers import OURS

_OURS_COLOUR: Final = "#0f766e"
_OTHER_COLOURS: Final = ("#64748b", "#b45309", "#7c3aed")
_STYLE: Final = {
    "svg.hashsalt": "takeback",  # else every run names its clip paths anew
    "svg.fonttype": "none",  # text stays text: smaller, and can be searched
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw_hashing(samples: list[dict[str, Any]], path: Path) -> Path:
    """Draw milliseconds a photograph, a panel for each of the first two samples."""
    with _figure(path, width=8.4, height=2.2) as figure:
        panels = figure.subplots(1, 2)
        for panel, sample in zip(panels, samples[:2], strict=True):
            sides = sample["sides"][::-1]
            colours = [
                _OURS_COLOUR if side["name"].startswith(OURS) else _OTHER_COLOURS[0]
                for side in sides
            ]
            times = [side["milliseconds"] for side in sides]
            bars = panel.barh([side["name"] for side in sides], times, color=colours)
            panel.bar_label(bars, [f"{time:.3g}" for time in times], padding=2, fontsize=8)
            panel.set_title(f"{sample['sample']}, ms on one core", loc="left", fontsize=9)
            panel.margins(x=0.14)
            panel.xaxis.set_major_formatter(FuncFormatter(_plain))
    return path


def draw_matching(indexes: list[dict[str, Any]], path: Path) -> Path:
    """Draw microseconds a query by size of the list, singly and in a batch."""
    names = list(dict.fromkeys(index["name"] for index in indexes))
    others = iter(_OTHER_COLOURS)
    colours = {name: _OURS_COLOUR if name == OURS else next(others) for name in names}
    with _figure(path, width=8.4, height=3.2) as figure:
        single, batch = figure.subplots(1, 2, sharey=True)
        _lines(single, indexes, "single", colours)
        _lines(batch, indexes, "batch", colours)
        single.set_title("One query at a time, µs", loc="left", fontsize=9)
        batch.set_title("In a batch, µs a query", loc="left", fontsize=9)
        single.legend(frameon=False)
    return path


def _lines(panel: Axes, indexes: list[dict[str, Any]], what: str, colours: dict[str, str]) -> None:
    for name, colour in colours.items():
        rows = sorted((index["size"], index[what]) for index in indexes if index["name"] == name)
        sizes, times = zip(*rows, strict=True)
        panel.plot(sizes, times, marker="o", color=colour, label=name)
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xlabel("codes in the list")
    panel.minorticks_off()
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_formatter(FuncFormatter(_plain))
    panel.grid(visible=True, color="#e2e8f0", linewidth=0.6)


def _plain(value: float, _position: int) -> str:
    """Write 1000000 as 1,000,000 and 0.1 as 0.1."""
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


@contextmanager
def _figure(path: Path, *, width: float, height: float) -> Iterator[Figure]:
    with mpl.rc_context(_STYLE):
        figure = Figure((width, height), layout="constrained")
        yield figure
        figure.savefig(path, metadata={"Date": None, "Creator": None}, transparent=False)
