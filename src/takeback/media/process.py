"""The parent's end of one child process: starts it, asks it, maps what it answers, ends it."""

import contextlib
import dataclasses
import fcntl
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from takeback.media.errors import (
    DamagedMedia,
    DecodingTimedOut,
    MediaError,
    MediaTooLarge,
    UnsupportedMedia,
)
from takeback.media.limits import Limits
from takeback.media.protocol import LENGTH, READY, REPLY_SIZE, Outcome, Reply, ppm_header

_START_SECONDS = 60.0  # a cold disk and a busy machine; half a second is usual
_STOP_SECONDS = 2.0
_POPULATE = getattr(mmap, "MAP_POPULATE", 0)  # one system call instead of a fault a page
_CHANNELS = 3
# `-I` keeps the environment, the working directory and the user's own packages out of the child.
# The package's folder is named because isolated mode would not see it on PYTHONPATH.
_LAUNCH = "import sys; sys.path.append(sys.argv[1]); from takeback.media.child import main; main()"
_PACKAGES = Path(__file__).resolve().parents[2]
_KEPT_VARIABLES = ("LD_LIBRARY_PATH", "SYSTEMROOT")  # some interpreters don't start without


class DecoderProcess:
    """One child, for one thread at a time; of no more use once it is not `alive`."""

    def __init__(self, limits: Limits) -> None:
        """Start the child without waiting for it."""
        self._limits = limits
        self._ready = False
        self.pictures = 0
        with contextlib.ExitStack() as undo:
            ours, theirs = socket.socketpair()
            undo.callback(ours.close)
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                    [
                        *(sys.executable, "-I", "-c", _LAUNCH, str(_PACKAGES)),
                        json.dumps(dataclasses.asdict(limits)),
                    ],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,  # heard only until the child is ready
                    env=_environment(),
                    cwd="/",
                    start_new_session=True,  # Ctrl-C is for us; it goes when the socket closes
                )
            undo.pop_all()
        self._socket = ours

    @property
    def alive(self) -> bool:
        """Whether the child can be asked."""
        return self._process.poll() is None

    def decode(self, data: bytes) -> NDArray[np.uint8]:
        """Return upright RGB pixels, read-only, shape (height, width, 3); raises MediaError."""
        self._await_ready()
        self.pictures += 1
        deadline = time.monotonic() + self._limits.max_wall_seconds
        with _shared_file() as shared:
            try:
                reply = self._ask(data, shared, deadline)
                if reply.outcome is Outcome.PICTURE:
                    return _map_pixels(shared, reply, self._limits)
            except TimeoutError:
                self.end()
                raise _timed_out() from None
            except (OSError, EOFError, ValueError):  # it died, or talks nonsense
                raise self._explain_end() from None
            except BaseException:  # interrupted half way: the next answer would be this one's
                self.end()
                raise
        if reply.outcome is Outcome.OUT_OF_MEMORY:
            self.end()
        raise self._refusal(reply.outcome)

    def end(self) -> None:
        """Stop the child and wait until it is gone; harmless when it is gone already."""
        self._socket.close()
        self._kill()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def _kill(self) -> None:
        if self._process.poll() is None:
            # The child leads a process group: what it may have started goes with it.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _await_ready(self) -> None:
        if self._ready:
            return
        self._socket.settimeout(_START_SECONDS)
        with contextlib.suppress(OSError):
            self._ready = self._socket.recv(1) == READY
        errors = self._process.stderr
        if self._ready and errors is not None:
            errors.close()
        elif errors is not None:
            self._kill()
            said = errors.read().decode(errors="replace").strip()
            self.end()
            raise RuntimeError(
                "The process that decodes pictures could not start. Check that Takeback is "
                f"installed completely and that there is memory left. It said: {said or 'nothing'}"
            )

    def _ask(self, data: bytes, shared: int, deadline: float) -> Reply:
        self._until(deadline)
        socket.send_fds(self._socket, [LENGTH.pack(len(data))], [shared])
        self._until(deadline)
        self._socket.sendall(data)
        answer = b""
        while len(answer) < REPLY_SIZE:
            self._until(deadline)
            received = self._socket.recv(REPLY_SIZE - len(answer))
            if not received:
                raise EOFError
            answer += received
        return Reply.unpack(answer)

    def _until(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)

    def _explain_end(self) -> MediaError:
        self._socket.close()  # should it still be there, it leaves now
        try:
            code = self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        self.end()
        if code == -signal.SIGXCPU:
            return _timed_out()
        if code == -signal.SIGKILL:  # not by us: the machine ran out of memory
            return self._refusal(Outcome.OUT_OF_MEMORY)
        return self._refusal(Outcome.DAMAGED)

    def _refusal(self, outcome: Outcome) -> MediaError:
        limits = self._limits
        match outcome:
            case Outcome.UNSUPPORTED:
                return UnsupportedMedia(
                    "This kind of picture can't be read. Save it as JPEG or PNG and try again."
                )
            case Outcome.TOO_MANY_PIXELS:
                return MediaTooLarge(
                    f"This picture has more than {limits.max_pixels:,} pixels. "
                    "Make it smaller and try again."
                )
            case Outcome.TOO_MANY_SCANS:
                return MediaTooLarge(
                    f"This JPEG is drawn in more than {limits.max_scans:,} passes, which no camera "
                    "needs. Save it again and try the new file."
                )
            case Outcome.OUT_OF_MEMORY:
                return MediaTooLarge(
                    f"This picture needs more than {limits.max_memory >> 20:,} MiB of memory. "
                    "Make it smaller, or save it as JPEG, and try again."
                )
            case _:
                return DamagedMedia(
                    "This picture is damaged and can't be read. Open it in a picture viewer, save "
                    "it again, and try the new file."
                )


def _timed_out() -> DecodingTimedOut:
    return DecodingTimedOut(
        "This picture took too long to read. Make it smaller, or save it as JPEG, and try again."
    )


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}


@contextlib.contextmanager
def _shared_file() -> Iterator[int]:
    """Yield the descriptor of an empty file that has no name and lives in memory if it can."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("pixels", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            yield descriptor
        finally:
            os.close(descriptor)
    else:
        with tempfile.TemporaryFile() as file:
            yield file.fileno()


def _map_pixels(shared: int, reply: Reply, limits: Limits) -> NDArray[np.uint8]:
    """Map the child's PPM; raises ValueError or OSError when it is not what the reply says."""
    width, height = reply.width, reply.height
    header = len(ppm_header(width, height))
    length = width * height * _CHANNELS
    if not 0 < width * height <= limits.max_pixels:
        raise ValueError("size out of bounds")
    if not hasattr(os, "memfd_create"):
        # An ordinary file can't be sealed. Copied, it can't change or shrink under our feet.
        copied = os.pread(shared, header + length + 1, 0)
        return _as_pixels(copied, header, width, height)
    # Sealed, the file keeps its length (a shorter one would kill us with SIGBUS) and its bytes
    # (what is fingerprinted once must not become another picture), whatever the child does.
    # Sealing fails while the child still maps it for writing.
    fcntl.fcntl(
        shared,
        fcntl.F_ADD_SEALS,
        fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL,
    )
    if os.fstat(shared).st_size != header + length:
        raise ValueError("length does not fit the size")
    # MAP_PRIVATE: before Linux 6.7 a write-sealed file can't be mapped shared, even for reading.
    # Nothing is copied either way, for nobody writes.
    mapped = mmap.mmap(shared, header + length, mmap.MAP_PRIVATE | _POPULATE, mmap.PROT_READ)
    return _as_pixels(mapped, header, width, height)


def _as_pixels(ppm: bytes | mmap.mmap, header: int, width: int, height: int) -> NDArray[np.uint8]:
    if len(ppm) != header + width * height * _CHANNELS:
        raise ValueError("length does not fit the size")
    return np.frombuffer(ppm, dtype=np.uint8, offset=header).reshape(height, width, _CHANNELS)
