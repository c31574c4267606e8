"""Takes from the child process what decoding a picture does not need."""

import ctypes
import os
import resource
import sys
from pathlib import Path

from takeback.media.limits import Limits
from takeback.media.protocol import ppm_header

_PR_SET_DUMPABLE = 4  # prctl(2)
_PR_SET_NO_NEW_PRIVS = 38
_OPEN_FILES = 16  # standard streams, the shared file, and some to spare
_BYTES_A_PIXEL = 3
_LONGEST_HEADER = len(ppm_header(2**32 - 1, 2**32 - 1))


def bound(limits: Limits) -> None:
    """Bound what this process uses, for good; call it once, when everything it needs is loaded.

    Memory counts from here on: what the interpreter has mapped already is not the picture's fault.
    """
    if sys.platform == "linux":
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        _prctl(_PR_SET_DUMPABLE, 0)  # no core file, and no debugger of the same user
        _bound(resource.RLIMIT_AS, _mapped_bytes() + limits.max_memory)
    _bound(resource.RLIMIT_CORE, 0)
    # Not RLIMIT_NPROC: the HEVC decoder can't do without threads, and Linux counts the threads of
    # the user as a whole, so that a bound would hang on what else the user runs.
    _bound(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _bound(resource.RLIMIT_FSIZE, limits.max_pixels * _BYTES_A_PIXEL + _LONGEST_HEADER)


def allow_cpu_seconds(seconds: int) -> None:
    """Let this process be killed (SIGXCPU) once it has used `seconds` to `seconds` + 1 more."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = usage.ru_utime + usage.ru_stime
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + 1 + seconds, hard))


def _bound(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def _mapped_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) was refused")
