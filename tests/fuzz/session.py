"""Runs one fuzz target of Python code by itself, Atheris and libFuzzer underneath."""

import argparse
import contextlib
import os
import resource
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import atheris

from tests.fuzz.arguments import libfuzzer_arguments, parser

_PAGE = os.sysconf("SC_PAGE_SIZE")


def fuzz(
    entry: Callable[[bytes], object],
    seeds: Callable[[argparse.Namespace], Iterable[bytes]],
    about: str,
    options: Callable[[argparse.ArgumentParser], object] = lambda _: None,
    prepare: Callable[[argparse.Namespace], object] = lambda _: None,
    keep_seeds: bool = False,
    memory: int | None = None,
) -> None:
    """Parse the command line and fuzz `entry`, which raises for a find; does not return.

    `options` adds arguments; `prepare` is called with all of them before the first input; `seeds`
    yields what to start from. `keep_seeds`: change all of them, even those that take the same way
    through the Python code. `memory`: bytes that may be mapped beyond what the seeds have taken.
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
    if memory is not None:
        _bound_memory(memory)
    with contextlib.suppress(KeyboardInterrupt):
        atheris.Fuzz()


def _bound_memory(extra: int) -> None:
    """Let this process map `extra` bytes more than it has, as the decoding child is bounded."""
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE
    resource.setrlimit(resource.RLIMIT_AS, (mapped + extra, resource.RLIM_INFINITY))
