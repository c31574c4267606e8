"""Forms of our own pages are taken behind any web server, those of other sites are not."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from takeback.hotline.config.origins import own_origins, public_address, public_host
from tests.support.running import answers, await_truth


@contextmanager
def stating(database: str, address: str, hosts: str | None = None) -> Iterator[str]:
    """A hotline whose operator has stated an address; yields where it listens itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "DATABASE_URL": database, "TAKEBACK_PUBLIC_URL": address}
    if hosts is not None:
        environment["TAKEBACK_HOSTS"] = hosts
    process = subprocess.Popen(
        [sys.executable, "-m", "takeback", "hotline", "serve", "--port", str(port)],
        env=environment,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        await_truth(lambda: answers(url), process)
        yield url
    finally:
        process.kill()
        process.wait()


def begun(url: str, host: str, origin: str, **headers: str) -> int:
    """The status of the first form, as a proxy passes it on."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update({"Host": host, "Origin": origin, **headers})
        return session.post(f"{url}/begin", allow_redirects=False, timeout=10).status_code


def test_behind_tls_the_stated_address_decides_and_no_header(hotline_database: str) -> None:
    ours, host = "https://pictures.example.org", "pictures.example.org"
    with stating(hotline_database, ours, "127.0.0.1,pictures.example.org") as url:
        assert begun(url, host, ours) == 303  # no X-Forwarded-Proto
        assert begun(url, "127.0.0.1", ours) == 303  # nor the name
        assert begun(url, host, ours, **{"X-Forwarded-Proto": "https"}) == 303
        for other in (
            "http://pictures.example.org",
            "https://pictures.example.org:8443",
            "https://pictures.example.org.evil.example",
            "https://evil.example",
            "null",
        ):
            assert begun(url, host, other) == 403, other
        second_form_is_taken(url, host, ours)


def second_form_is_taken(url: str, host: str, origin: str) -> None:
    """A form with a session behind it: Django's own check of the origin."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update({"Host": host, "Origin": origin})
        begin = session.post(f"{url}/begin", allow_redirects=False, timeout=10)
        cookie = begin.headers["Set-Cookie"].split(";")[0]  # Secure: we speak to the inside
        page = session.get(f"{url}/report", headers={"Cookie": cookie}, timeout=10).text
        token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        answer = session.post(
            f"{url}/report",
            {"csrfmiddlewaretoken": token, "age": "13_15"},
            headers={"Cookie": cookie},
            allow_redirects=False,
            timeout=10,
        )
        assert answer.status_code in (200, 303), answer.status_code
        session.headers["Origin"] = "https://evil.example"
        refused = session.post(
            f"{url}/report",
            {"csrfmiddlewaretoken": token, "age": "13_15"},
            headers={"Cookie": cookie},
            allow_redirects=False,
            timeout=10,
        )
        assert refused.status_code == 403


def test_for_trying_out_any_name_it_answers_to_will_do(hotline_database: str) -> None:
    with stating(hotline_database, "http://127.0.0.1:8000", "127.0.0.1,localhost") as url:
        assert begun(url, "127.0.0.1", "http://localhost:8000") == 303
        assert begun(url, "localhost:9", "http://localhost:9") == 303
        assert begun(url, "localhost", "http://elsewhere.example:8000") == 403


def test_the_stated_name_is_answered_without_being_named_twice(hotline_database: str) -> None:
    with stating(hotline_database, "https://pictures.example.org") as url:
        ours = "https://pictures.example.org"
        assert begun(url, "pictures.example.org", ours) == 303
        assert begun(url, "other.example.org", ours) == 400


@pytest.mark.parametrize(
    ("address", "hosts", "origins"),
    [
        ("https://a.example", ["b.example"], ["https://a.example"]),
        ("https://a.example:443", [], ["https://a.example"]),
        ("https://a.example:8443", [], ["https://a.example:8443"]),
        ("https://A.Example/", [], ["https://a.example"]),
        (" https://a.example ", [], ["https://a.example"]),
        ("HTTPS://a.example:\n", [], ["https://a.example"]),
        ("https://bücher.example", [], ["https://xn--bcher-kva.example"]),
        ("http://[::1]:8000", ["::1"], ["http://[::1]:8000"]),
        (
            "http://127.0.0.1:8000",
            ["localhost", "127.0.0.1", "*", ".example"],
            ["http://127.0.0.1:8000", "http://localhost:8000", "http://*.example:8000"],
        ),
    ],
)
def test_origins_are_those_that_browsers_send(
    address: str, hosts: list[str], origins: list[str]
) -> None:
    assert own_origins(public_address(address), hosts) == origins


@pytest.mark.parametrize(
    "address",
    [
        "pictures.example.org",
        "ftp://a.example",
        "https://",
        "https://a.example/?x=1",
        "https://a.example?",
        "https://a.example#",
        "",
        "//a",
        "https://a.example/list/",
        "https://user:pw@a.example",
        "https://@a.example",
        "https://a.example:abc",
        "https://a.example:0",
        "https://a.example:70000",
        "https://[::1",
        "https://a b.example",
        "https://a.example,b.example",
        "https://*.example",
        "https://-bücher-.example",
    ],
)
def test_an_address_that_nobody_can_reach_is_refused(address: str) -> None:
    with pytest.raises(
        ValueError, match=r"TAKEBACK_PUBLIC_URL.*https://pictures\.example\.org"
    ) as no:
        public_address(address)
    assert "pw" not in str(no.value)


def test_a_name_in_an_address_is_as_browsers_send_it() -> None:
    assert public_host("https://Bücher.example") == "xn--bcher-kva.example"
