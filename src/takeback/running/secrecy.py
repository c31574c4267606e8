"""Memory that leaves no dump: a core file would hold codes, addresses and keys."""

import ctypes
import resource
import sys
from pathlib import Path
from typing import Final

_PR_SET_DUMPABLE: Final = 4  # prctl(2)


def leave_no_dump() -> None:
    """From here on nobody gets the memory of this process, or of those it starts, as a file.

    Call it before secrets are read. Three bars, because each has a gap (core(5), prctl(2)):

    - A limit of 0 bytes, not to be raised again, keeps the kernel from writing core files. Children
      have it, too, over every `exec`. Where the kernel hands dumps to a program instead, it does
      not count.
    - A filter of 0 leaves all memory out of a dump, also of one that a program is handed. Children
      have it, too.
    - A process that is not dumpable is not dumped at all, and no debugger of the same user reads
      it. An `exec` undoes that, so this holds for our own programs, and not for PostgreSQL.

    Raises OSError where the system refuses one of them.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # Before the next step, after which these files belong to root.
        filter_file = Path("/proc/self/coredump_filter")
        if filter_file.exists() and int(filter_file.read_text(), 16) != 0:
            filter_file.write_text("0")
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "the process can't be kept from being dumped")
