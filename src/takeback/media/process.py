"""The parent's end of one child process: starts it, asks it, takes its answer, ends it."""

import contextlib
import dataclasses
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from takeback.media.admission.grants import Grant
from takeback.media.confinement import ChildMemory
from takeback.media.errors import (
    DamagedMedia,
    DecoderNotStarted,
    DecodingTimedOut,
    MediaError,
    MediaTooLarge,
    ReaderFailed,
    UnsupportedMedia,
)
from takeback.media.limits import LONGEST_SIDE, Limits
from takeback.media.protocol import (
    MAX_ANSWER,
    PIXELS,
    READY,
    REPLY_SIZE,
    Outcome,
    Reply,
    Request,
)
from takeback.media.shared import Inbox, map_pixels, outbox

_log = logging.getLogger(__name__)
_START_SECONDS = 60.0  # a cold disk and a busy machine; half a second is usual
_STOP_SECONDS = 2.0
_STEP_BACK = 5  # of nice(2): a third of the processor's time that another would get
# `-I` keeps the environment, the working directory and the user's own packages out of the child.
# The packages' folders are named because isolated mode would not see them on PYTHONPATH.
_LAUNCH = "import sys; sys.path += sys.argv[1:-1]; from takeback.media.child import main; main()"
_KEPT_VARIABLES = ("LD_LIBRARY_PATH", "SYSTEMROOT")  # some interpreters don't start without
# Up to 64 MiB of freed memory stay with the child: to fault them in again for each picture can cost
# more than half as much as decoding it (1 megapixel of WebP: 31 ms, against 19).
_KEPT_MEMORY = "glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=67108864"


class DecoderProcess:
    """One child, for one thread at a time; useless once it is not `alive`."""

    def __init__(self, limits: Limits, readers: tuple[str, ...] = ()) -> None:
        """Start the child without waiting for it; it will know the readers and no others.

        Raises DecoderNotStarted where this machine does not let it.
        """
        self._limits = limits
        self._readers = readers
        self._ready = False
        self.pictures = 0
        self.filter_error: int | None = None  # not known before the first picture
        with contextlib.ExitStack() as undo, _starting():
            self._inbox = Inbox(limits)
            undo.callback(self._inbox.close)
            ours, theirs = socket.socketpair()
            undo.callback(ours.close)
            settings = {
                "limits": dataclasses.asdict(limits),
                "readers": readers,
                "inbox": self._inbox.descriptor,
            }
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                    [
                        *(sys.executable, "-I", "-c", _LAUNCH, *_package_folders(readers)),
                        json.dumps(settings),
                    ],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,  # heard only until the child is ready
                    pass_fds=[self._inbox.descriptor],
                    env=_environment(),
                    cwd="/",
                    start_new_session=True,  # Ctrl-C is for us; it goes when the socket closes
                )
            undo.pop_all()
        self._socket = ours
        self._memory: ChildMemory
        self.stepped_back = False
        self.late = False  # on the clock, which is not granted: the machine may be busy

    @property
    def alive(self) -> bool:
        """Whether the child can be asked."""
        return self._process.poll() is None

    def step_back(self) -> None:
        """Let others have the processor before this child, from now on."""
        if self.stepped_back:
            return
        self.stepped_back = True
        with contextlib.suppress(OSError):  # it is gone: the picture will tell
            priority = os.getpriority(os.PRIO_PROCESS, self._process.pid)
            os.setpriority(os.PRIO_PROCESS, self._process.pid, priority + _STEP_BACK)

    def decode(self, data: bytes, grant: Grant) -> NDArray[np.uint8]:
        """Return upright RGB pixels, read-only, shape (height, width, 3); raises MediaError."""
        with outbox() as shared, self._asking(data, grant) as deadline:
            self._until(deadline)
            head = _request(PIXELS, data, b"", grant).pack()
            socket.send_fds(self._socket, [head], [shared])
            reply, _ = self._reply(deadline)
            if reply.outcome is Outcome.PICTURE:
                return map_pixels(shared, reply, self._limits)
        raise self._refused(reply)

    def read(self, data: bytes, reader: str, argument: bytes, grant: Grant) -> bytes:
        """Return what the reader answers; raises MediaError, for its mistakes ReaderFailed."""
        with self._asking(data, grant) as deadline:
            self._until(deadline)
            head = _request(1 + self._readers.index(reader), data, argument, grant).pack()
            self._socket.sendall(head + argument)
            reply, answer = self._reply(deadline)
        if reply.outcome is Outcome.ANSWER:
            return answer
        if reply.outcome is Outcome.READER_FAILED:
            _log.warning("The reader %s failed on a picture.", reader)
            raise ReaderFailed(
                f"{reader} failed on this picture. Save it as JPEG or PNG and try the new file. "
                "Should that fail too, the mistake is there: a reader must take every picture, and "
                f"answer with at most {MAX_ANSWER:,} bytes."
            )
        raise self._refused(reply)

    @contextlib.contextmanager
    def _asking(self, data: bytes, grant: Grant) -> Iterator[float]:
        """Bring the file to the child; yield when the answer must be there; clear up.

        Whatever goes wrong in between ends the child and becomes a MediaError.
        """
        self.await_ready()
        self._memory.allow(grant.memory)
        self.pictures += 1
        deadline = time.monotonic() + self._limits.max_wall_seconds
        try:
            self._inbox.put(data)
            yield deadline
            self._inbox.tidy(len(data))
        except TimeoutError:
            self.late = True
            self.end()
            raise _timed_out() from None
        except (OSError, EOFError, ValueError):  # it died, or talks nonsense
            raise self._explain_end() from None
        except BaseException:  # interrupted halfway: the next reply read would answer this request
            self.end()
            raise

    def end(self) -> None:
        """Stop the child and wait until it is gone; harmless when it is gone already."""
        self._socket.close()
        self._kill()
        if self._process.stderr is not None:
            self._process.stderr.close()
        self._inbox.close()

    def _kill(self) -> None:
        if self._process.poll() is None:
            # The child leads a process group: what it may have started goes with it.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def await_ready(self) -> None:
        """Wait until the child can be asked; raises DecoderNotStarted if it could not."""
        if self._ready:
            return
        self._socket.settimeout(_START_SECONDS)
        with contextlib.suppress(OSError):
            start = self._socket.recv(len(READY) + 1)  # written at once, so read at once
            self._ready = start[:-1] == READY
            self.filter_error = start[-1] if self._ready else None
        errors = self._process.stderr
        if self._ready and errors is not None:
            errors.close()
            self._memory = ChildMemory(self._process.pid)
        elif errors is not None:
            self._kill()
            message = errors.read().decode(errors="replace").strip()
            self.end()
            raise DecoderNotStarted(
                "The process that decodes pictures could not start. Check that Takeback is "
                f"installed completely and that there is memory left. It said: "
                f"{message or 'nothing'}"
            )

    def _reply(self, deadline: float) -> tuple[Reply, bytes]:
        received = self._receive(deadline)
        while len(received) < REPLY_SIZE:
            received += self._receive(deadline)
        reply = Reply.unpack(received[:REPLY_SIZE])
        while len(received) < REPLY_SIZE + reply.answer_length:
            received += self._receive(deadline)
        if len(received) > REPLY_SIZE + reply.answer_length:
            raise ValueError("more than was announced")
        return reply, received[REPLY_SIZE:]

    def _receive(self, deadline: float) -> bytes:
        self._until(deadline)
        received = self._socket.recv(REPLY_SIZE + MAX_ANSWER)
        if not received:
            raise EOFError
        return received

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
        if code == -signal.SIGSYS:
            _log.warning("A picture made its decoder try what it may not; the process was ended.")
        if code == -signal.SIGKILL:  # not by us: the machine ran out of memory
            return self._refusal(Outcome.OUT_OF_MEMORY)
        return self._refusal(Outcome.DAMAGED)

    def _refused(self, reply: Reply) -> MediaError:
        if reply.outcome is Outcome.OUT_OF_MEMORY:
            self.end()  # it leaves by itself
        return self._refusal(reply.outcome)

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
            case Outcome.SIDE_TOO_LONG:
                return MediaTooLarge(
                    f"This picture has a side of more than {LONGEST_SIDE:,} pixels. "
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


def _request(task: int, data: bytes, argument: bytes, grant: Grant) -> Request:
    return Request(task, len(data), len(argument), grant.pixels, grant.cpu_seconds, grant.whole)


def _timed_out() -> DecodingTimedOut:
    return DecodingTimedOut(
        "This picture took too long to read. Make it smaller, or save it as JPEG, and try again."
    )


@contextlib.contextmanager
def _starting() -> Iterator[None]:
    try:
        yield
    except OSError as error:  # too many open files, no memory, no right to run Python
        raise DecoderNotStarted(
            f"The process that decodes pictures could not be started: {error}."
        ) from error


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {
        "GLIBC_TUNABLES": _KEPT_MEMORY,
        "LC_ALL": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _package_folders(readers: tuple[str, ...]) -> list[str]:
    """Return the folders from which the child imports Takeback and the readers."""
    folders = [str(Path(__file__).resolve().parents[2])]
    for package in sorted({name.partition(".")[0].partition(":")[0] for name in readers}):
        found = find_spec(package)
        places = found.submodule_search_locations if found is not None else None
        folders += [str(Path(place).parent) for place in places or ()]
    return list(dict.fromkeys(folders))
