"""What a program says of its health, to this machine alone."""

import json
import os
import shutil
import socket
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from takeback.running.health import DiskRoom, Health, disk_room, health_on_loopback

MIB = 1 << 20


def get(url: str, method: str = "GET") -> httpx.Response:
    return httpx.request(method, url, trust_env=False, timeout=10)


def test_a_well_program_answers_200_and_an_unwell_one_503() -> None:
    well = [True]
    with health_on_loopback(0, lambda: Health(well[0], {"database": "answers"})) as address:
        assert address is not None
        assert get(address).status_code == 200
        assert get(address).json() == {"status": "ok", "database": "answers"}
        well[0] = False
        answer = get(address)
        assert answer.status_code == 503
        assert json.loads(answer.content)["status"] == "unwell"
        assert answer.headers["Cache-Control"] == "no-store"
        head = get(address, "HEAD")
        assert (head.status_code, head.content) == (503, b"")
        assert get(address.replace("healthz", "other")).status_code == 404
        assert get(address, "POST").status_code == 501
    with pytest.raises(httpx.ConnectError):
        get(address)


def test_only_this_machine_can_ask() -> None:
    with health_on_loopback(0, lambda: Health(True, {})) as address:
        assert address is not None
        assert address.startswith("http://127.0.0.1:")
        port = httpx.URL(address).port
        with socket.socket(socket.AF_INET6) as other, pytest.raises(OSError):
            other.connect(("::1", port))


def test_whoever_says_nothing_holds_up_the_others_for_seconds_only() -> None:
    with health_on_loopback(0, lambda: Health(True, {})) as address:
        assert address is not None
        with socket.create_connection(("127.0.0.1", httpx.URL(address).port or 0)):
            assert get(address).status_code == 200


def test_whoever_drips_holds_nobody_up_and_is_let_go() -> None:
    with health_on_loopback(0, lambda: Health(True, {})) as address:
        assert address is not None
        with socket.create_connection(("127.0.0.1", httpx.URL(address).port or 0)) as dripping:
            dripping.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
            dripping.settimeout(0.2)
            for _ in range(100):
                assert get(address).status_code == 200
                try:
                    dripping.sendall(b"a")
                    dripping.recv(1)
                except TimeoutError:
                    continue
                except OSError:
                    break
                break  # an answer to what came until then, or the end
            else:
                pytest.fail("it was never let go")


def test_many_who_say_nothing_leave_room_once_their_time_is_over() -> None:
    with health_on_loopback(0, lambda: Health(True, {})) as address, ExitStack() as opened:
        assert address is not None
        port = httpx.URL(address).port or 0
        for _ in range(100):
            opened.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert threading.active_count() < 60
        for _ in range(100):
            with suppress(httpx.TransportError):
                assert get(address).status_code == 200
                return
            time.sleep(0.1)
        pytest.fail("nobody was let in again")


def test_a_port_in_use_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with health_on_loopback(taken.getsockname()[1], lambda: Health(True, {})) as address:
            assert address is None
    assert "Choose another" in caplog.text


@pytest.mark.parametrize(
    ("free", "room"),
    [
        (10 << 30, DiskRoom.ENOUGH),
        (900 * MIB, DiskRoom.LOW),
        (40 * MIB, DiskRoom.FULL),
        (0, DiskRoom.FULL),
    ],
)
def test_room_on_the_disk(
    free: int, room: DiskRoom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type(shutil.disk_usage(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage(20 << 30, 0, free))
    assert disk_room(tmp_path) is room


def test_a_folder_that_is_gone_is_no_room_at_all(tmp_path: Path) -> None:
    assert disk_room(tmp_path / os.urandom(8).hex()) is DiskRoom.UNKNOWN
