"""`python -m benchmarks.against REVISION`: compare, print, and exit with 1 where it is slower."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.against import in_process, long_list, many_gates
from benchmarks.against.options import ON_THE_LONG_LIST, Options, parse
from benchmarks.against.pairs import Comparison, slower
from benchmarks.against.table import print_comparisons, print_machine, ratios_line
from benchmarks.against.trees import KEPT, NotComparable, Tree, this_tree, tree_at

_WIDTH = 130  # of a table that goes into a file


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for; returns the exit code."""
    options = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything started ends
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    try:
        trees = (this_tree(), tree_at(options.revision))
        versions = [tree.versions() for tree in trees]
    except NotComparable as error:
        console.print(str(error), markup=False)
        return 2
    print_machine(console, trees, versions)
    work = KEPT / "work"
    shutil.rmtree(work, ignore_errors=True)
    compared: list[Comparison] = []
    for name, measure in _parts(trees, options):
        folder = work / name.replace(" ", "-")
        folder.mkdir(parents=True)
        began = time.monotonic()
        compared += measure(folder)
        console.print(f"{name}: {time.monotonic() - began:.0f} s")
        shutil.rmtree(folder)
    print_comparisons(console, compared, options.least)
    print(ratios_line(compared))
    return 1 if slower(compared, options.least) else 0


def _parts(
    trees: Sequence[Tree], options: Options
) -> list[tuple[str, Callable[[Path], list[Comparison]]]]:
    """Return what is to be measured: quick things first, while nothing else is in memory."""
    only, sizes = options.only, options.sizes
    parts: list[tuple[str, Callable[[Path], list[Comparison]]]] = []
    if "hashing" in only:
        parts.append(("hashing", lambda folder: in_process.hashing(trees, sizes, folder)))
    if "matching" in only:
        parts.append(("matching", lambda folder: in_process.matching(trees, sizes, folder)))
    if "gates" in only:
        parts.append(("gates", lambda folder: many_gates.measure(trees, sizes, folder)))
    if only & ON_THE_LONG_LIST:
        parts.append(("long list", lambda folder: long_list.measure(trees, options, folder)))
    return parts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
