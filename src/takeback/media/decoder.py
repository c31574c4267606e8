"""The way in for untrusted pictures: `Decoder` turns their bytes into pixels, or says why not."""

import contextlib
import enum
import logging
import math
import os
import re
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from takeback.media.admission.grants import Grant
from takeback.media.admission.idle import IdleChildren
from takeback.media.admission.prediction import Prediction, predict
from takeback.media.admission.turns import TurnRules
from takeback.media.admission.turnstile import Load, Turn, Turnstile
from takeback.media.errors import (
    DamagedMedia,
    DecoderBusy,
    DecoderNotStarted,
    DecodingTimedOut,
    MediaTooLarge,
    UnsupportedMedia,
)
from takeback.media.limits import PICTURES_A_CHILD, Limits
from takeback.media.process import DecoderProcess
from takeback.media.sniffing import sniff

_DEFAULT_LIMITS = Limits()
_DEFAULT_TURNS = TurnRules()
_Answer = TypeVar("_Answer")
_log = logging.getLogger(__name__)
_READER_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


class Confinement(enum.Enum):
    """What holds a child that a file has taken over."""

    SECCOMP = "seccomp"
    """It can compute and answer; every other system call is refused or kills it."""

    LIMITS = "limits"
    """It is bound in time, memory and open files, but could do what its user may."""


@dataclass(frozen=True, eq=False)
class DecodedPicture:
    """A picture as pixels.

    `pixels` is a read-only uint8 array of shape (height, width, 3): RGB, EXIF orientation applied,
    laid on white where it was transparent. It is memory shared with nobody any more.
    """

    media_type: str
    pixels: NDArray[np.uint8]

    @property
    def width(self) -> int:
        """Pixels from left to right, after orientation."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Pixels from top to bottom, after orientation."""
        return int(self.pixels.shape[0])


class Decoder:
    """Decodes pictures in bounded child processes that stay warm from one picture to the next.

    Use it as a context manager, which starts the children, or start with `decode` and end with
    `close`. Threads may share it; up to `children` pictures are decoded at a time. Make it after
    forking, not before. Nothing is ever decoded in the calling process.
    """

    def __init__(
        self,
        limits: Limits = _DEFAULT_LIMITS,
        *,
        children: int = 1,
        readers: Collection[str] = (),
        max_bytes_in_flight: int | None = None,
        turns: TurnRules = _DEFAULT_TURNS,
    ) -> None:
        """Start nothing yet.

        `readers` are what `read` may be asked for: dotted names such as "package.module:function",
        which each child imports before it is confined. `max_bytes_in_flight` bounds the bytes of
        all files together that are being decoded or wait for a child; no bound if None. `turns`
        says who is decoded first when there are more pictures than children, and how many may wait.
        Raises ValueError if `children` is less than 1, a name has another form, the bytes in flight
        would not let the largest file in, or `turns` leaves no child for some pictures.
        """
        if children < 1:
            raise ValueError(f"A Decoder needs at least one child; got {children}.")
        for name in readers:
            if not _READER_NAME.fullmatch(name):
                raise ValueError(f'A reader is named "package.module:function"; got {name!r}.')
        if max_bytes_in_flight is not None and max_bytes_in_flight < limits.max_bytes:
            raise ValueError(
                f"max_bytes_in_flight must be at least Limits.max_bytes, {limits.max_bytes:,}; "
                f"got {max_bytes_in_flight:,}."
            )
        self.limits = limits
        self._bytes_left = math.inf if max_bytes_in_flight is None else max_bytes_in_flight
        self._readers = tuple(readers)
        self._owner = os.getpid()
        self._children = children
        self._turn_rules = turns
        self._stepped_back: set[DecoderProcess] = set()
        self._closed = False
        self._confinement: Confinement | None = None
        self._said_unfiltered = False
        self._lock = threading.Lock()
        # Held while every child is taken: two callers with some each would wait for ever.
        self._taking_all = threading.Lock()
        self._idle: IdleChildren[DecoderProcess] = IdleChildren(children)
        self._turnstile = Turnstile(turns, children, limits)

    def __enter__(self) -> Self:
        """Start the children; raises DecoderNotStarted."""
        started: list[DecoderProcess] = []
        try:
            self._borrow_all(started)
        finally:
            for child in started:
                self._idle.put(child)
            if len(started) < self._children:
                self.close()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the children."""
        self.close()

    def wait_until_ready(self) -> None:
        """Wait until every child can be asked, so that no picture has to.

        Raises DecoderNotStarted if a child can't start, or as `decode` does.
        """
        borrowed: list[DecoderProcess] = []
        try:
            self._borrow_all(borrowed)
            for child in borrowed:
                child.await_ready()
        finally:
            for child in borrowed:
                self._give_back(child)

    def decode(self, data: bytes) -> DecodedPicture:
        """Return the first frame of the picture in `data`.

        Raises:
            UnsupportedMedia: not a JPEG, PNG, WebP, GIF, AVIF, HEIC, TIFF or BMP picture.
            DamagedMedia: one of these, but it can't be read.
            MediaTooLarge: more bytes, pixels, memory or passes than `limits` allow.
            DecodingTimedOut: more time than `limits` allow.
            DecoderBusy: this file and those under way are more than `max_bytes_in_flight`, or more
                wait than `turns` allow.
            DecoderNotStarted: no child can start.
            RuntimeError: this decoder is closed or was made before a fork.
        """
        media_type = self._check(data)
        pixels = self._in_turn(data, media_type, lambda child, grant: child.decode(data, grant))
        return DecodedPicture(media_type, pixels)

    def read(self, data: bytes, reader: str, argument: bytes = b"") -> bytes:
        """Return what `reader` makes of the picture in `data`, inside the child.

        Pixels never leave the child that way. `reader` is one of the names that this decoder was
        made with. The function is called with an `OpenedPicture` and `argument`, and returns
        bytes, at most 65,536. It runs confined: it can open no file and has no network.

        Raises:
            ValueError: the decoder was not made with this reader.
            ReaderFailed: the reader raised an exception of its own, or answered with something
                else. It is a MediaError.
            MediaError, DecoderBusy, DecoderNotStarted, RuntimeError: as for `decode`.
        """
        if reader not in self._readers:
            raise ValueError(f"This Decoder knows no reader {reader!r}. Name it in `readers`.")
        media_type = self._check(data)
        return self._in_turn(
            data, media_type, lambda child, grant: child.read(data, reader, argument, grant)
        )

    @property
    def most_under_way(self) -> int | None:
        """How many pictures can be decoded or wait for it at a time; None if there is no bound."""
        waiting = self._turn_rules.most_waiting
        return None if waiting is None else self._children + waiting

    def load(self) -> Load:
        """Return what there is to do now, and what became of all that was asked so far."""
        return self._turnstile.load()

    @property
    def confinement(self) -> Confinement | None:
        """What holds the children, as the last one said; None before the first picture."""
        return self._confinement

    def close(self) -> None:
        """End the children, once the pictures that are being decoded are done."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        with self._taking_all:
            children = [self._idle.get() for _ in range(self._children)]
        for child in children:
            if child is not None:
                child.end()
            self._idle.put(None)  # wakes a caller that still waits for a child

    def _check(self, data: bytes) -> str:
        if len(data) > self.limits.max_bytes:
            raise MediaTooLarge(
                f"This file has more than {self.limits.max_bytes >> 20:,} MiB. "
                "Make the picture smaller and try again."
            )
        media_type = sniff(data)
        if media_type is None:
            raise UnsupportedMedia(
                "This is not a picture that can be read. Use a JPEG, PNG, WebP, GIF, AVIF, HEIC, "
                "TIFF or BMP file."
            )
        return media_type

    def _in_turn(
        self, data: bytes, media_type: str, ask: Callable[[DecoderProcess, Grant], _Answer]
    ) -> _Answer:
        """Ask a child when it is this picture's turn: with what its header promises, then with all.

        A header that lies costs what it promised, and then waits as the worst picture would.
        """
        self._check_owner()
        with self._lock:
            if len(data) > self._bytes_left:
                raise DecoderBusy("Too many pictures are being read. Try again in a second.")
            self._bytes_left -= len(data)
        try:
            with self._turn(media_type, predict(data, media_type)) as (turn, child):
                try:
                    return ask(child, turn.grant)
                except (DamagedMedia, DecodingTimedOut, MediaTooLarge):
                    if turn.grant.whole or child.late:
                        raise
                    # It ran out of what it was granted, where quick pictures need it.
                    if turn.quick and not child.alive:
                        self._turnstile.overran(media_type)
            with self._turn(media_type, None) as (turn, child):
                return ask(child, turn.grant)
        finally:
            with self._lock:
                self._bytes_left += len(data)

    @contextlib.contextmanager
    def _turn(
        self, media_type: str, prediction: Prediction | None
    ) -> Iterator[tuple[Turn, DecoderProcess]]:
        turn = self._turnstile.await_turn(media_type, prediction)
        try:
            child = self._borrow(quick=turn.quick)
            if not turn.quick:
                self._step_back(child)
            try:
                yield turn, child
            finally:
                self._note_confinement(child)
                self._give_back(child)
        finally:
            self._turnstile.end(turn)

    def _step_back(self, child: DecoderProcess) -> None:
        """Let a child with a costly picture step back, but never all: it is for good."""
        most = self._children - max(1, self._turn_rules.kept_for_quick)
        with self._lock:
            self._stepped_back = {other for other in self._stepped_back if other.alive}
            if len(self._stepped_back) < most:
                self._stepped_back.add(child)
                child.step_back()

    def _note_confinement(self, child: DecoderProcess) -> None:
        if child.filter_error is None:
            return
        with self._lock:
            self._confinement = Confinement.LIMITS if child.filter_error else Confinement.SECCOMP
            first = child.filter_error != 0 and not self._said_unfiltered
            self._said_unfiltered |= first
        if first:
            _log.warning(
                "No filter of system calls is in force where pictures are decoded (%s): limits on "
                "time, memory and files alone bound it.",
                os.strerror(child.filter_error),
            )

    def _borrow_all(self, borrowed: list[DecoderProcess]) -> None:
        with self._taking_all:
            while len(borrowed) < self._children:
                borrowed.append(self._borrow())

    def _check_owner(self) -> None:
        if os.getpid() != self._owner:
            raise RuntimeError("This Decoder was made before a fork. Make one in each process.")

    def _borrow(self, *, quick: bool = True) -> DecoderProcess:
        self._check_owner()
        child = self._idle.get(quick=quick)
        if self._closed:
            self._idle.put(child)  # `close` ends it, or wakes the next caller that waits
            raise RuntimeError("This Decoder is closed. Make a new one.")
        if child is not None and child.alive:
            return child
        try:
            if child is not None:
                child.end()
            return DecoderProcess(self.limits, self._readers)
        except BaseException:
            self._idle.put(None)
            raise

    def _give_back(self, child: DecoderProcess) -> None:
        if child.alive and child.pictures < PICTURES_A_CHILD:
            self._idle.put(child)
            return
        child.end()
        replacement = None
        if not self._closed:
            # Started now, the next child gets ready while nobody waits for it.
            with contextlib.suppress(DecoderNotStarted):  # the next caller tries, and gets it
                replacement = DecoderProcess(self.limits, self._readers)
        self._idle.put(replacement)
