"""The child process: bounded, replaced when it dies, gone when it should be."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from takeback.media import Decoder, Limits, MediaError
from takeback.media.shared import Inbox
from tests.media.children import children_of
from tests.support.encodings import encode, landscape, pixels, scan_bomb

_FINE = encode(landscape())
_PROC = Path("/proc")
_SURROUNDINGS = "tests.media.readers:surroundings"
_LABOUR = "tests.media.readers:labour"


def _children(parent: int | None = None) -> set[int]:
    """Process ids of the decoders' children that run below `parent`, this process by default."""
    return children_of(parent or os.getpid())


def _until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _works(child: int) -> Callable[[], bool]:
    """Return a question: has the child used a tenth of a second of its processor since now?"""

    def ticks() -> int:
        # utime, field 14 of proc_pid_stat(5); the name in field 2 has no space here
        return int((_PROC / str(child) / "stat").read_text().split()[13])

    start = ticks()
    return lambda: ticks() >= start + os.sysconf("SC_CLK_TCK") // 10


def _gone(child: int) -> bool:
    try:
        return "State:\tZ" in (_PROC / str(child) / "status").read_text()
    except OSError:
        return True


def test_pixels_come_through_memory_that_nobody_can_change() -> None:
    with Decoder() as decoder:
        first = decoder.decode(_FINE).pixels
        second = decoder.decode(encode(landscape().rotate(180))).pixels
    assert np.array_equal(first, pixels(landscape()))
    assert np.array_equal(second, first[::-1, ::-1])
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0, 0] = 1


def test_without_memory_files_a_temporary_file_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    with Decoder() as decoder:
        assert np.array_equal(decoder.decode(_FINE).pixels, pixels(landscape()))
        with pytest.raises(MediaError):
            decoder.decode(_FINE[:40])
        assert np.array_equal(decoder.decode(_FINE).pixels, pixels(landscape()))


def test_a_file_that_is_shortened_does_not_kill_who_writes_there() -> None:
    program = """
import os
from takeback.media.limits import Limits
from takeback.media.shared import Inbox
del os.memfd_create
inbox = Inbox(Limits(max_bytes=1 << 20))
os.ftruncate(inbox.descriptor, 0)
inbox.put(bytes(99_999) + b"!")
assert os.pread(inbox.descriptor, 1, 99_999) == b"!"
inbox.tidy(100_000)
inbox.close()
inbox.close()
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_nobody_can_change_the_length_of_the_memory_for_the_file() -> None:
    inbox = Inbox(Limits(max_bytes=1 << 20))
    for length in (0, (1 << 20) - 1, (1 << 20) + 1):
        with pytest.raises(PermissionError):
            os.ftruncate(inbox.descriptor, length)
    with pytest.raises(PermissionError):
        fcntl.fcntl(inbox.descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
    inbox.put(b"as ever")
    inbox.close()


def test_a_child_that_was_killed_is_replaced() -> None:
    before = _children()
    with Decoder() as decoder:
        decoder.decode(_FINE)
        (child,) = _children() - before
        os.kill(child, signal.SIGKILL)
        _until(lambda: _gone(child))
        assert np.array_equal(decoder.decode(_FINE).pixels, pixels(landscape()))
        assert child not in _children()
    assert _children() == before


def test_a_child_killed_in_the_middle_costs_one_picture() -> None:
    before = _children()
    with Decoder(Limits(max_scans=1_000_000)) as decoder, ThreadPoolExecutor(1) as thread:
        decoder.decode(_FINE)
        (child,) = _children() - before
        decoding = thread.submit(decoder.decode, scan_bomb(20_000))
        _until(_works(child))
        os.kill(child, signal.SIGKILL)
        with pytest.raises(MediaError):
            decoding.result()
        assert np.array_equal(decoder.decode(_FINE).pixels, pixels(landscape()))


def test_no_child_works_for_ever() -> None:
    before = _children()
    tiny = encode(landscape(2, 2))
    with Decoder() as decoder:
        decoder.decode(tiny)
        (first,) = _children() - before
        for _ in range(1000):
            assert decoder.decode(tiny).width == 2
        assert first not in _children()


def test_threads_share_the_children() -> None:
    before = _children()
    turned = [landscape().rotate(90 * turn, expand=True) for turn in range(4)]
    files = [encode(picture) for picture in turned]
    with Decoder(children=2) as decoder, ThreadPoolExecutor(8) as threads:
        # The kernel shows a command line a moment after the start has succeeded.
        _until(lambda: len(_children() - before) == 2)
        results = list(threads.map(decoder.decode, files * 25))
        assert len(_children() - before) == 2
    for index, result in enumerate(results):
        assert np.array_equal(result.pixels, pixels(turned[index % 4]))
    assert _children() == before


def test_threads_that_wait_for_every_child_do_not_wait_for_each_other() -> None:
    # One child is free and the others come back one by one: each thread would get hold of some.
    before = _children()
    decoder = Decoder(children=3, readers=[_LABOUR])
    decoder.wait_until_ready()
    works = [_works(child) for child in _children() - before]
    waiting = [threading.Thread(target=decoder.wait_until_ready, daemon=True) for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        busy = [threads.submit(decoder.read, _FINE, _LABOUR, time) for time in (b"0.6", b"1.2")]
        _until(lambda: sum(work() for work in works) == 2)
        for thread in waiting:
            thread.start()
        assert [done.result() for done in busy] == [b"tired", b"tired"]
    for thread in waiting:
        thread.join(20)
    assert not any(thread.is_alive() for thread in waiting)
    decoder.close()


def test_a_closed_decoder_says_so() -> None:
    decoder = Decoder()
    assert np.array_equal(decoder.decode(_FINE).pixels, pixels(landscape()))
    decoder.close()
    decoder.close()
    with pytest.raises(RuntimeError, match="Make a new one"):
        decoder.decode(_FINE)
    with pytest.raises(ValueError, match="at least one child"):
        Decoder(children=0)


def test_closing_waits_for_the_picture_under_way() -> None:
    before = _children()
    decoder = Decoder(Limits(max_scans=1_000_000))
    decoder.decode(_FINE)
    (child,) = _children() - before
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(decoder.decode, scan_bomb(500))
        _until(_works(child))
        late = threads.submit(decoder.decode, _FINE)
        decoder.close()
        assert first.result().width == 2048
        # The second one had its turn before the end, or is told that it came too late.
        assert late.exception() is None or "closed" in str(late.exception())
    assert _children() == before


def test_after_a_fork_a_decoder_refuses_to_mix_up_pictures() -> None:
    program = """
import os, sys
from takeback.media import Decoder
with Decoder() as decoder:
    child = os.fork()
    if child == 0:
        try:
            decoder.decode(b"GIF89a")
        except RuntimeError as error:
            os._exit(7 if "fork" in str(error) else 1)
        os._exit(2)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 7


def test_the_child_is_bounded_and_knows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAKEBACK_GATE_TOKEN", "a-secret-of-the-parent")
    before = _children()
    with (
        Decoder(readers=[_SURROUNDINGS]) as decoder,
        tempfile.TemporaryFile(),
        socket.socket(),
    ):
        decoder.decode(_FINE)
        (child,) = _children() - before
        limits = (_PROC / str(child) / "limits").read_text()
        status = (_PROC / str(child) / "status").read_text()
        environment, files = json.loads(decoder.read(_FINE, _SURROUNDINGS))
    bounds = {line[:26].strip(): line[26:].split() for line in limits.splitlines()}
    assert bounds["Max core file size"][:2] == ["0", "0"]
    assert bounds["Max open files"][:2] == ["16", "16"]
    assert int(bounds["Max file size"][1]) < 301_000_000
    assert int(bounds["Max address space"][1]) < 3 << 30
    soft, hard = (int(seconds) for seconds in bounds["Max cpu time"][:2])
    assert 2 < soft <= 20  # a small picture may have no more than it promises
    assert 11_000 <= hard <= 11_010  # of 1,000 pictures
    assert "NoNewPrivs:\t1" in status
    for capabilities in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert f"{capabilities}:\t{0:016x}\n" in status
    assert environment["LC_ALL"] == "C.UTF-8"
    assert "secret" not in repr(environment)
    assert files[:3] == [0, 1, 2]  # the socket, and silence twice
    assert len(files) == 4  # and the shared file, once


def test_the_child_goes_when_the_parent_is_killed() -> None:
    program = """
import sys, time
from takeback.media import Decoder
decoder = Decoder(children=2)
with decoder:
    decoder.wait_until_ready()
    print("started", flush=True)
    time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"started\n"
        children = _children(parent.pid)
        parent.kill()
    assert len(children) == 2
    for child in children:
        _until(partial(_gone, child))


def test_a_child_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Decoder() as decoder, pytest.raises(RuntimeError, match="could not start"):
        decoder.decode(_FINE)


def test_waiting_until_ready_says_why_a_child_can_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Decoder(children=2) as decoder:
        decoder.wait_until_ready()
        assert decoder.decode(_FINE).width
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Decoder(children=2) as decoder, pytest.raises(RuntimeError, match="could not start"):
        decoder.wait_until_ready()
