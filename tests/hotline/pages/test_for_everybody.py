"""What says the same to everybody travels compressed; what is somebody's never does."""

import gzip

import pytest
from django.test import Client

from tests.support.visiting import Visitor

GZIP = {"Accept-Encoding": "gzip, br"}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/cy/", "/threatened", "/helplines", "/privacy", "/reach"])
def test_it_is_the_same_page_and_smaller(path: str) -> None:
    plain = Client().get(path).content
    answer = Client().get(path, headers=GZIP)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) == len(answer.content) < len(plain) / 2
    assert gzip.decompress(answer.content) == plain


@pytest.mark.django_db
def test_nothing_is_compressed_for_whoever_has_a_visit() -> None:
    visitor = Visitor().begin()
    for path in ("/", "/report", "/threatened"):
        assert "Content-Encoding" not in visitor.client.get(path, headers=GZIP).headers


def test_a_browser_that_does_not_ask_for_it_gets_none() -> None:
    for accepted in ({}, {"Accept-Encoding": "br"}, {"Accept-Encoding": ""}):
        assert "Content-Encoding" not in Client().get("/", headers=accepted).headers


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("GZIP", True),
        ("deflate,gzip", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, br", False),
        ("gzip ;q=0", False),
        ("xgzip", False),
        ("gzipped", False),
    ],
)
def test_what_a_browser_asks_for_is_read_as_it_is_meant(accepted: str, packed: bool) -> None:
    answer = Client().get("/", headers={"Accept-Encoding": accepted})
    assert ("Content-Encoding" in answer.headers) is packed
