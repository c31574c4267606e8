"""The robustness benchmark's table, for the terminal and docs/views.md, and its plot."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from rich.console import Console

from benchmarks.machine import REPOSITORY

_PAGE: Final = REPOSITORY / "docs/views.md"
_PLOT: Final = REPOSITORY / "docs/plots/robustness.svg"
_BEGIN: Final = "<!-- measured: python -m benchmarks.robustness -->"
_END: Final = "<!-- end of what was measured -->"
_COLUMNS: Final = ("reference", "plain", "standard", "thorough")
_COLOURS: Final = ("#64748b", "#b45309", "#0f766e", "#7c3aed")


def print_tables(console: Console, measured: dict[str, Any]) -> None:
    """Print what goes into the page, as plain lines."""
    for line in _lines(measured):
        console.print(line, markup=False)


def write_report(measured: dict[str, Any]) -> list[Path]:
    """Draw the plot and put the tables into docs/views.md; return what was written."""
    _draw(measured, _PLOT)
    page = _PAGE.read_text(encoding="utf-8")
    before, rest = page.split(_BEGIN)
    _, after = rest.split(_END)
    text = "\n".join([_BEGIN, "", *_lines(measured), "", _END])
    _PAGE.write_text(before + text + after, encoding="utf-8")
    return [_PLOT, _PAGE]


def _lines(measured: dict[str, Any]) -> list[str]:
    groups = measured["groups"]
    return [
        f"{groups['earth']} photographs, {measured['copies']} copies of each. By {groups['known']} "
        f"of them views and floors were chosen; the others ({groups['held_out']} landscapes) were "
        f"held out. {groups['sky']} more are of the night sky. Found within 31 bits:",
        "",
        "| copy | goal | reference | plain | standard | thorough | standard: known | held out "
        "| sky |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_recall_row(row) for row in measured["alterations"]),
        "",
        "| | plain | standard | thorough |",
        "|---|---|---|---|",
        *_price_rows(measured),
    ]


def _recall_row(row: dict[str, Any]) -> str:
    goal = row["goal"]
    shares = [f"{row[name]['earth']:.2f}" for name in ("reference", "plain")]
    shares += [f"{row[name]['earth']:.3f}" for name in ("standard", "thorough")]
    shares += [f"{row['standard'][which]:.3f}" for which in ("known", "held_out", "sky")]
    missed = goal is not None and row["standard"]["earth"] < goal
    name = f"**{row['name']}**" if missed else row["name"]
    return f"| {name} | {'' if goal is None else goal} | {' | '.join(shares)} |"


def _price_rows(measured: dict[str, Any]) -> list[str]:
    policies, risks = measured["policies"], measured["false_matches"]
    rows: list[tuple[str, list[str]]] = [
        ("listed PDQs a picture", [f"{p['listed']:.1f}" for p in policies.values()]),
        ("bytes of PDQ a picture", [f"{p['listed_bytes']:.0f}" for p in policies.values()]),
        ("look-ups an upload", [f"{p['lookups']:.0f}" for p in policies.values()]),
        ("µs an upload, beside decoding", [f"{p['microseconds']:.0f}" for p in policies.values()]),
    ]
    for which, words in (("earth", "without the sky"), ("all", "with the sky")):
        tails = [risk[which] for risk in risks.values()]
        rows += [
            (f"different pairs, {words}", [f"{tail['pairs']:,}" for tail in tails]),
            ("… within 31 bits", [str(tail["within_threshold"]) for tail in tails]),
            ("… the nearest", [f"{tail['nearest_bits']} bits" for tail in tails]),
            ("… estimated share within 31", [_rate(tail["rate_at_threshold"]) for tail in tails]),
        ]
    return [f"| {name} | {' | '.join(cells)} |" for name, cells in rows]


def _rate(rate: float | None) -> str:
    return "too few near" if rate is None else f"{rate:.0e}"


def _draw(measured: dict[str, Any], path: Path) -> None:
    style = {
        "svg.hashsalt": "takeback",
        "svg.fonttype": "none",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(8.4, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        steps = measured["families"]
        bars = left.barh(
            [step["name"] for step in steps][::-1],
            [step["recall_earth"] for step in steps][::-1],
            color=_COLOURS[2],
        )
        labels = [f"{s['recall_earth']:.2f} · {s['lookups']:.0f} look-ups" for s in steps][::-1]
        left.bar_label(bars, labels, padding=3, fontsize=8)
        left.set_xlim(0, 1.5)
        left.set_xticks([0, 0.5, 1])
        left.set_title("Copies found as views are added", loc="left", fontsize=9)
        for name, colour in zip(_COLUMNS[1:], _COLOURS[1:], strict=True):
            for which, dashes in (("earth", "-"), ("all", ":")):
                counts = np.array(measured["false_matches"][name][which]["counts"])
                share = counts.cumsum() / counts.sum()
                shown = share > 0
                right.plot(
                    np.arange(len(share))[shown],
                    share[shown],
                    dashes,
                    color=colour,
                    label=name if which == "earth" else f"{name}, with the sky",
                )
        right.axvline(31, color="#b91c1c", linewidth=1)
        right.set_xlim(20, 130)
        right.set_yscale("log")
        right.set_xlabel("bits")
        right.set_title("Different photographs within so many bits", loc="left", fontsize=9)
        right.legend(frameon=False, fontsize=8)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
