"""Memory that parent and child share: the file on its way in, the pixels on their way out."""

import contextlib
import fcntl
import mmap
import os
import tempfile
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from takeback.media.limits import LONGEST_SIDE, Limits
from takeback.media.protocol import Reply, ppm_header

_POPULATE = getattr(mmap, "MAP_POPULATE", 0)  # one system call instead of a fault a page
_CHANNELS = 3
_KEPT_BYTES = 16 << 20


class Inbox:
    """Where the parent lays each file for one child, which maps it once and for all.

    As long as the largest file that may come, but only what was in use takes memory.
    """

    _mapped: mmap.mmap | None = None

    def __init__(self, limits: Limits) -> None:
        self.descriptor = _nameless_file("file")
        os.ftruncate(self.descriptor, limits.max_bytes)
        if hasattr(os, "memfd_create"):
            # Were the child to shorten it, the next file would kill us with SIGBUS.
            _seal(self.descriptor, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
            self._mapped = mmap.mmap(self.descriptor, limits.max_bytes)

    def put(self, data: bytes) -> None:
        """Lay a file of at most `max_bytes` there; other threads can run in the meantime."""
        if self._mapped is None:  # unsealed, it is written to, which no length harms
            written = 0
            while written < len(data):
                written += os.pwrite(self.descriptor, memoryview(data)[written:], written)
            return
        place = np.frombuffer(self._mapped, np.uint8, len(data))  # NumPy copies without the GIL
        place[:] = np.frombuffer(data, np.uint8)

    def tidy(self, length: int) -> None:
        """Give memory back after a long file; the child must be done with it.

        The rest is kept: memory that was used before is written several times as fast.
        """
        if length > _KEPT_BYTES and self._mapped is not None:
            self._mapped.madvise(mmap.MADV_REMOVE, _KEPT_BYTES)

    def close(self) -> None:
        """Let go of the memory; harmless the second time."""
        if self.descriptor < 0:
            return
        if self._mapped is not None:
            self._mapped.close()
        os.close(self.descriptor)
        self.descriptor = -1


def map_inbox(descriptor: int, limits: Limits) -> memoryview:
    """Map an inbox for reading, in the child, and take its descriptor over.

    One stays open all the same: Python's mmap keeps a duplicate, which could write.
    """
    mapped = mmap.mmap(descriptor, limits.max_bytes, mmap.MAP_SHARED, mmap.PROT_READ)
    os.close(descriptor)
    return memoryview(mapped)


@contextlib.contextmanager
def outbox() -> Iterator[int]:
    """Yield the descriptor of an empty file that has no name and lives in memory if it can."""
    descriptor = _nameless_file("pixels")
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def map_pixels(descriptor: int, reply: Reply, limits: Limits) -> NDArray[np.uint8]:
    """Map the child's PPM; raises ValueError or OSError when it is not what the reply says."""
    width, height = reply.width, reply.height
    header = len(ppm_header(width, height))
    length = width * height * _CHANNELS
    if not 0 < width * height <= limits.max_pixels or max(width, height) > LONGEST_SIDE:
        raise ValueError("size out of bounds")
    if not hasattr(os, "memfd_create"):
        # An ordinary file can't be sealed. Copied, it can't change or shrink under our feet.
        copied = os.pread(descriptor, header + length + 1, 0)
        return _as_pixels(copied, header, width, height)
    # Sealed, the file keeps its length (a shorter one would kill us with SIGBUS) and its bytes
    # (what is fingerprinted once must not become another picture), whatever the child does.
    # Sealing fails while the child still maps it for writing.
    _seal(
        descriptor,
        fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL,
    )
    if os.fstat(descriptor).st_size != header + length:
        raise ValueError("length does not fit the size")
    # MAP_PRIVATE: before Linux 6.7 a write-sealed file can't be mapped shared, even for reading.
    # Nothing is copied either way, for nobody writes.
    mapped = mmap.mmap(descriptor, header + length, mmap.MAP_PRIVATE | _POPULATE, mmap.PROT_READ)
    return _as_pixels(mapped, header, width, height)


def _as_pixels(ppm: bytes | mmap.mmap, header: int, width: int, height: int) -> NDArray[np.uint8]:
    if len(ppm) != header + width * height * _CHANNELS:
        raise ValueError("length does not fit the size")
    return np.frombuffer(ppm, dtype=np.uint8, offset=header).reshape(height, width, _CHANNELS)


def _seal(descriptor: int, seals: int) -> None:
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)


def _nameless_file(label: str) -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create(label, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
