"""A child that a file has taken over: what it can't do, and what is said where nothing stops it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from takeback.media import Confinement, DamagedMedia, Decoder
from tests.conftest import REPOSITORY
from tests.media.encodings import encode, landscape

_FINE = encode(landscape())
_SIZE = "tests.media.readers:size"
_TRIES = (
    "write_file",
    "read_file",
    "connect",
    "fork",
    "execute",
    "signal_parent",
    "make_executable",
    "shorten_inbox",
)


@pytest.fixture(scope="module")
def trying() -> Iterator[Decoder]:
    """A decoder whose children know readers that try to get out."""
    with Decoder(readers=[_SIZE, *(f"tests.media.readers:{name}" for name in _TRIES)]) as decoder:
        yield decoder


@pytest.mark.parametrize("name", _TRIES)
def test_a_child_gets_nowhere(
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
            "connect": b"%d" % server.getsockname()[1],
            "execute": b"echo here > '%s'" % os.fsencode(target),
        }.get(name, os.fsencode(target))
        with pytest.raises((DamagedMedia, RuntimeError)) as caught:
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
