"""A child that a file has taken over: what it can't do, and what is said where nothing stops it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from takeback.media import (
    Confinement,
    DamagedMedia,
    Decoder,
    Limits,
    MediaTooLarge,
    ReaderFailed,
    process,
)
from tests.conftest import REPOSITORY
from tests.support.encodings import encode, landscape

_FINE = encode(landscape())
_SIZE = "tests.media.readers:size"
_EXIT = "tests.media.readers:leave"
_UNFILTERED = """
import sys
sys.path += sys.argv[1:-1]
from takeback.media import child
child.forbid_system_calls = lambda: 1
child.main()
"""
_LABOUR_FOR_EVER = "tests.media.readers:labour_for_ever"
_FOR_ONE_PICTURE = """
import sys
sys.path += sys.argv[1:-1]
from takeback.media import child, confinement
confinement.PICTURES_A_CHILD = 1
child.main()
"""
_TRIES = (
    "write_file",
    "read_file",
    "stat_file",
    "statx_file",
    "connect",
    "fork",
    "execute",
    "signal_parent",
    "make_executable",
    "lift_processor_time",
    "change_another_limit",
    "shorten_inbox",
)


@pytest.fixture(scope="module")
def trying() -> Iterator[Decoder]:
    """A decoder whose children know readers that try to get out."""
    with Decoder(readers=[_SIZE, *(f"tests.media.readers:{name}" for name in _TRIES)]) as decoder:
        yield decoder


@pytest.mark.parametrize("name", _TRIES)
def test_a_child_reaches_nothing_outside(
    name: str, trying: Decoder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    signals: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: signals.append(number))
    target = tmp_path / "target"
    secret = tmp_path / "secret"
    secret.write_bytes(b"not for the child")
    with socket.create_server(("127.0.0.1", 0)) as server:
        argument = {
            "read_file": os.fsencode(secret),
            "stat_file": os.fsencode(secret),
            "statx_file": os.fsencode(secret),
            "signal_parent": b"%d" % os.getpid(),
            "connect": b"%d" % server.getsockname()[1],
            "execute": b"echo here > '%s'" % os.fsencode(target),
        }.get(name, os.fsencode(target))
        with pytest.raises((DamagedMedia, ReaderFailed)) as caught:
            trying.read(_FINE, f"tests.media.readers:{name}", argument)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    signal.signal(signal.SIGUSR1, before)
    assert not signals
    assert not target.exists()
    assert trying.confinement is Confinement.SECCOMP
    assert trying.read(_FINE, _SIZE)
    # Either it was refused, and the reader failed; or the child was killed, and the log says so.
    if caught.type is DamagedMedia:
        assert "try what it may not" in caplog.text
        assert str(target) not in caplog.text


def test_what_ignores_its_signal_ends_with_the_time_of_all_its_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "_LAUNCH", _FOR_ONE_PICTURE)
    limits = Limits(max_cpu_seconds=1, max_wall_seconds=60)
    with Decoder(limits, readers=[_LABOUR_FOR_EVER]) as decoder:
        with pytest.raises(MediaTooLarge):  # killed by the system, not for being late
            decoder.read(_FINE, _LABOUR_FOR_EVER)
        assert decoder.decode(_FINE).width == 96


def test_where_filters_are_forbidden_it_is_said_once_and_pictures_are_decoded() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.media.without_filters"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["None", "Confinement.LIMITS", "96", "96", "96"]
    assert done.stderr.count("No filter of system calls is in force") == 1
    assert "Operation not permitted" in done.stderr


def test_a_later_child_without_a_filter_is_told_of_too(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with Decoder(readers=[_EXIT]) as decoder:
        decoder.decode(_FINE)
        confinement = decoder.confinement
        assert confinement is Confinement.SECCOMP
        assert "No filter" not in caplog.text
        monkeypatch.setattr(process, "_LAUNCH", _UNFILTERED)
        for _ in range(2):
            with pytest.raises(DamagedMedia):
                decoder.read(_FINE, _EXIT)  # its place is taken by a new child
            decoder.decode(_FINE)
            assert decoder.confinement is Confinement.LIMITS
            assert caplog.text.count("No filter of system calls is in force") == 1
