"""Takes from the child process what decoding a picture does not need."""

import contextlib
import ctypes
import os
import resource
import sys
import time
from pathlib import Path

from takeback.media.limits import PICTURES_A_CHILD, Limits
from takeback.media.protocol import ppm_header

_PR_SET_DUMPABLE = 4  # prctl(2)
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522  # capset(2)
_CAPABILITY_WORDS = 6  # effective, permitted, inheritable; twice 32 bits
_OPEN_FILES = 16  # standard streams, the shared file, and some to spare
_BYTES_A_PIXEL = 3
_LONGEST_HEADER = len(ppm_header(2**32 - 1, 2**32 - 1))


def bound(limits: Limits) -> None:
    """Bound what this process uses, irrevocably; call it once everything it needs is loaded.

    Memory counts from here on: what the interpreter has mapped already is not the picture's fault.
    """
    if sys.platform == "linux":
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        _prctl(_PR_SET_DUMPABLE, 0)  # no core file, and no debugger of the same user
        _give_up_capabilities()
        _bound(resource.RLIMIT_AS, _mapped_bytes() + limits.max_memory)
    _bound(resource.RLIMIT_CORE, 0)
    # Unlike the soft limit of each picture, this one can't be ignored or raised.
    _bound(resource.RLIMIT_CPU, _cpu_bound(PICTURES_A_CHILD * (limits.max_cpu_seconds + 1)))
    # Not RLIMIT_NPROC: the HEVC decoder can't do without threads, and Linux counts the threads of
    # the user as a whole, so a bound would depend on what else the user runs.
    _bound(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _bound(resource.RLIMIT_FSIZE, limits.max_pixels * _BYTES_A_PIXEL + _LONGEST_HEADER)


class ProcessorTime:
    """Bounds the processor time of this process, picture by picture; for the child."""

    def __init__(self) -> None:
        """Take for good what `bound` has set; call it afterwards."""
        self._allowed, self._most = resource.getrlimit(resource.RLIMIT_CPU)

    def allow(self, seconds: int) -> None:
        """Let the process be killed (SIGXCPU) once it has used `seconds` to `seconds` + 1 more."""
        allowed = min(_cpu_bound(seconds), self._most)
        if allowed != self._allowed:
            resource.setrlimit(resource.RLIMIT_CPU, (allowed, self._most))
            self._allowed = allowed


class ChildMemory:
    """Bounds the memory of a child from outside, picture by picture; for the parent.

    The soft limit on data (RLIMIT_DATA: private memory that can be written), which a filtered child
    can't raise. Where there is no such way (not Linux), `bound` alone holds.
    """

    def __init__(self, pid: int) -> None:
        """Take what the child has loaded by now as its own."""
        self._pid = pid
        self._allowed: int | None = None
        self._loaded: int | None = None
        if sys.platform != "linux":
            return
        with contextlib.suppress(OSError, StopIteration):  # it may be gone already
            _, self._most = resource.prlimit(pid, resource.RLIMIT_DATA)
            status = Path(f"/proc/{pid}/status").read_text()
            data = next(line for line in status.splitlines() if line.startswith("VmData:"))
            self._loaded = int(data.split()[1]) << 10

    def allow(self, more: int | None) -> None:
        """Let the child have so many bytes beyond what it has loaded; None: as `bound` says."""
        if more == self._allowed or self._loaded is None or sys.platform != "linux":
            return
        soft = self._most if more is None else self._loaded + more
        with contextlib.suppress(OSError):
            resource.prlimit(self._pid, resource.RLIMIT_DATA, (soft, self._most))
            self._allowed = more


def _cpu_bound(seconds: int) -> int:
    return int(time.process_time()) + 1 + seconds


def _bound(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def _mapped_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _give_up_capabilities() -> None:
    """Root or not, this process may do no more than any user: not even raise its hard limits."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    held = (ctypes.c_uint32 * _CAPABILITY_WORDS)()
    if libc.capget(header, held) == 0 and not any(held):
        return  # hardened services may forbid the call that would change nothing
    if libc.capset(header, (ctypes.c_uint32 * _CAPABILITY_WORDS)()) != 0:
        raise OSError(ctypes.get_errno(), "capset was refused")


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) was refused")
