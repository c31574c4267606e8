"""Counts, over all odd pictures, fingerprints and errors that are wrong, in the server's two ways.

Which tree is measured is told by the Python that runs this: one whose environment holds another
`takeback` measures that one on the same files.

Examples:
    .venv/bin/python -m tests.campaigns.odd_pictures
    .venv/bin/python -m tests.campaigns.odd_pictures --begins png --list
    ../before/.venv/bin/python -m tests.campaigns.odd_pictures --bound 1000
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

import takeback
from tests.support.odd_pictures import all_cases
from tests.support.odd_pictures.judging import Judged, Verdict, described, judged_by_both

_WAYS = ("all pixels", "gate")


def main() -> int:
    """Print the table; return 1 if more is wrong than the bound allows."""
    options = _options()
    cases = [case for case in all_cases() if case.name.startswith(options.begins)]
    judged = list(judged_by_both(cases))
    print(f"{Path(takeback.__file__).parent}\n")
    print(f"{'way':12}{'files':>7}" + "".join(f"{verdict.value:>36}" for verdict in Verdict))
    wrong = 0
    for way, results in zip(_WAYS, zip(*judged, strict=True), strict=True):
        counts = Counter(result.verdict for result in results)
        wrong += len(results) - counts[Verdict.RIGHT]
        print(f"{way:12}{len(results):>7}" + "".join(f"{counts[each]:>36}" for each in Verdict))
    if options.list:
        _list(judged)
    print(f"\nwrong: {wrong}, bound: {options.bound}")
    return int(wrong > options.bound)


def _list(judged: list[tuple[Judged, Judged]]) -> None:
    for way, results in zip(_WAYS, zip(*judged, strict=True), strict=True):
        for name, what in described(
            each for each in results if each.verdict is not Verdict.RIGHT
        ).items():
            print(f"{way}: {name}: {what}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--begins", default="", help="only files whose names begin so")
    parser.add_argument("--list", action="store_true", help="name each file that is wrong")
    parser.add_argument("--bound", type=int, default=0, help="how many may be wrong (default: 0)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
