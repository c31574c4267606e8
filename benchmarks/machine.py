"""What a result was measured on and with: processor, system, commit, versions; and pinning."""

from __future__ import annotations

import ctypes
import gc
import importlib.metadata
import os
import platform
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
"""The folder that holds pyproject.toml."""

KEPT: Final = REPOSITORY / "var/benchmarks"
"""What is kept from one run to the next: results, codes, logs."""

_PACKAGES: Final = (
    *("pdqhash", "Pillow", "faiss-cpu", "perception", "threatexchange"),
    *("simplejpeg", "opencv-contrib-python-headless", "numpy"),
)
_INSTRUCTION_SETS: Final = ("avx2", "avx512bw", "avx512_vpopcntdq", "asimd")


@dataclass(frozen=True)
class Machine:
    """One machine and the programs on it, as text for a reader."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    commit: str
    versions: dict[str, str]

    def lines(self) -> list[str]:
        """Return it as two lines for a terminal."""
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return [
            f"{self.processor}, {self.cores} cores, {self.memory_gib:.0f} GiB; {self.system}; "
            f"Python {self.python}; Takeback at {self.commit}",
            versions,
        ]


def this_machine() -> Machine:
    """Describe the machine that this runs on."""
    return Machine(
        processor=processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        commit=commit_of_checkout(),
        versions={name: importlib.metadata.version(name) for name in _PACKAGES},
    )


@contextmanager
def one_core() -> Iterator[int]:
    """Keep this process, and whatever it starts meanwhile, on one core; yields its number."""
    allowed = os.sched_getaffinity(0)
    core = max(allowed)
    os.sched_setaffinity(0, {core})
    try:
        yield core
    finally:
        os.sched_setaffinity(0, allowed)


def memory_bytes() -> int:
    """Return the memory of this process that is its own, after giving back what it can.

    Pages mapped from files are left out: they are the machine's, and other processes share them.
    """
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE)
    if found is None:
        raise RuntimeError("This kernel does not say how much memory a process uses.")
    return int(found[1]) * 1024


def processor() -> str:
    """Return the processor's name, and which of the kernels' instruction sets it has."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*: (.*)$", text, re.MULTILINE)
    known = set(flags[1].split()) if flags else set()
    sets = [name.upper() for name in _INSTRUCTION_SETS if name in known]
    name = model[1].strip() if model else platform.machine()
    return f"{name} ({', '.join(sets)})" if sets else name


def commit_of_checkout() -> str:
    """Return the commit, with a plus sign if code differs from it; `unknown` outside of git.

    The pages that a run writes beside it do not count.
    """
    try:
        commit = _git("rev-parse", "--short=10", "HEAD")
        changed = _git("status", "--porcelain", "--", ".", ":!docs")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit}+" if changed else commit


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(  # noqa: S603 - nothing in it comes from outside
        command, cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout.strip()
