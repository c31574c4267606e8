"""The command line that all fuzz targets have, and what libFuzzer is told by it."""

import argparse
import time
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from tests.fuzz import crashes

_SECONDS_AN_INPUT = 20  # more than any input may take: it hangs
_MEMORY_MIB = 3072
_LONGEST_INPUT = 1 << 16
_DICTIONARY = Path(__file__).with_name("markers.dict")


def parser(about: str) -> argparse.ArgumentParser:
    """Return what reads the arguments that all targets have."""
    asking = argparse.ArgumentParser(
        description=about,
        epilog="Further arguments go to libFuzzer as they are, such as -seed=1 or -help=1.",
        add_help=False,  # its -h would swallow libFuzzer's -handle_…
    )
    asking.add_argument("--help", action="help", help="show this")
    asking.add_argument("--seconds", type=int, default=60, help="how long (default: %(default)s)")
    asking.add_argument("--until", type=float, help=argparse.SUPPRESS)  # on the monotonic clock
    asking.add_argument("--corpus", type=Path, default=Path("var/fuzz/corpus"), metavar="FOLDER")
    asking.add_argument("--finds", type=Path, default=Path("var/fuzz/finds"), metavar="FOLDER")
    asking.add_argument(
        "--torture",
        type=Path,
        default=Path("var/torture"),
        metavar="FOLDER",
        help="more seeds, where the media tests have fetched them",
    )
    asking.add_argument(
        "--replay",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="try these files once and fuzz nothing",
    )
    return asking


def libfuzzer_arguments(chosen: argparse.Namespace, seeds: Iterable[bytes]) -> list[str]:
    """Write seeds and kept finds to a folder and return what to tell libFuzzer.

    It tries them all before it changes any.
    """
    seeded = chosen.corpus.with_name(chosen.corpus.name + "-seeds")
    for folder in (chosen.corpus, chosen.finds, seeded):
        folder.mkdir(parents=True, exist_ok=True)
    kept = (path.read_bytes() for path in crashes.kept())
    for number, data in enumerate(chain(kept, seeds)):
        (seeded / f"{number:03}").write_bytes(data)
    seconds = chosen.seconds
    if chosen.until is not None:  # a busy machine takes seconds to come here
        seconds = max(1, round(chosen.until - time.monotonic()))
    return [
        f"-max_total_time={seconds}",
        f"-timeout={_SECONDS_AN_INPUT}",
        f"-rss_limit_mb={_MEMORY_MIB}",
        f"-max_len={_LONGEST_INPUT}",
        f"-artifact_prefix={chosen.finds}/",
        f"-dict={_DICTIONARY}",
        "-print_final_stats=1",
        "-reload=0",
        str(chosen.corpus),
        str(seeded),
    ]
