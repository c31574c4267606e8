"""Runs one fuzz target alone: its command line, its limits, and libFuzzer underneath."""

import argparse
import contextlib
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import atheris

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SECONDS_AN_INPUT = 20  # more than any input may take: it hangs
_MEMORY_MIB = 3072
_LONGEST_INPUT = 1 << 16
DICTIONARY = Path(__file__).with_name("markers.dict")


def fuzz(
    entry: Callable[[bytes], object],
    seeds: Callable[[argparse.Namespace], Iterable[bytes]],
    about: str,
    options: Callable[[argparse.ArgumentParser], object] = lambda _: None,
    prepare: Callable[[argparse.Namespace], object] = lambda _: None,
    keep_seeds: bool = False,
) -> None:
    """Parse the command line and fuzz `entry`, which raises for a find; does not return.

    `options` adds arguments; `prepare` is called with all of them before the first input; `seeds`
    yields what to start from. `keep_seeds`: change all of them, even those that take the same way
    through the Python code.
    """
    asking = parser(about)
    options(asking)
    chosen, further = asking.parse_known_args()
    prepare(chosen)
    if chosen.replay:
        for path in chosen.replay:
            entry(path.read_bytes())
        sys.exit(0)
    silent = "-close_fd_mask=2"  # what codecs print would bury what libFuzzer says
    atheris.Setup(
        [
            sys.argv[0],
            *libfuzzer_arguments(chosen, seeds(chosen)),
            silent,
            f"-keep_seed={int(keep_seeds)}",
            *further,
        ],
        entry,
    )
    with contextlib.suppress(KeyboardInterrupt):
        atheris.Fuzz()


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
    """Write the seeds to their folder and return what to tell libFuzzer."""
    seeded = chosen.corpus.with_name(chosen.corpus.name + "-seeds")
    for folder in (chosen.corpus, chosen.finds, seeded):
        folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds):
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
        f"-dict={DICTIONARY}",
        "-print_final_stats=1",
        "-reload=0",
        str(chosen.corpus),
        str(seeded),
    ]


def bound_memory(extra: int) -> None:
    """Let this process map `extra` bytes more than it has, as the decoding child is bounded."""
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE
    resource.setrlimit(resource.RLIMIT_AS, (mapped + extra, resource.RLIM_INFINITY))
