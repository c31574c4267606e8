"""Web addresses: forgiving of what people leave out, strict on what could hurt."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.hotline.intake.domain.web_address import (
    MAX_LENGTH,
    AddressProblem,
    BadAddressError,
    read_address,
)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://example.org/a?b=1#c", "https://example.org/a?b=1#c"),
        ("  example.org  ", "https://example.org/"),
        ("www.Example.ORG/Path", "https://www.example.org/Path"),
        ("//example.org/x", "https://example.org/x"),
        ("HTTP://example.org", "http://example.org/"),
        ("example.org:8443/x", "https://example.org:8443/x"),
        ("bücher.example", "https://bücher.example/"),
        ("xn--bcher-kva.example", "https://bücher.example/"),
        ("https://مثال.إختبار/صورة", "https://مثال.إختبار/صورة"),
        ("https://example.org./x", "https://example.org/x"),
        ("https://t.me/@someone", "https://t.me/@someone"),
    ],
)
def test_an_address_is_read_as_people_mean_it(typed: str, address: str) -> None:
    assert read_address(typed) == address
    assert read_address(address) == address


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", AddressProblem.NO_WEBSITE),
        ("my picture", AddressProblem.SPACES),
        ("https://example.org/a b", AddressProblem.SPACES),
        ("https://example.org/\u202eabc", AddressProblem.SPACES),
        ("instagram", AddressProblem.NO_WEBSITE),
        ("localhost:8000", AddressProblem.NO_WEBSITE),
        ("http://127.0.0.1/x", AddressProblem.NO_WEBSITE),
        ("http://[::1]/x", AddressProblem.NO_WEBSITE),
        ("https://example.org:99999/", AddressProblem.NO_WEBSITE),
        ("https://-bad-.example/", AddressProblem.NO_WEBSITE),
        ("ftp://example.org/x", AddressProblem.OTHER_SCHEME),
        ("javascript:alert(1)", AddressProblem.OTHER_SCHEME),
        ("mailto:someone@example.org", AddressProblem.OTHER_SCHEME),
        ("https://me:secret@example.org/", AddressProblem.PASSWORD),
        ("https://example.org/" + "x" * MAX_LENGTH, AddressProblem.TOO_LONG),
    ],
)
def test_what_is_no_address_has_a_named_problem(typed: str, problem: AddressProblem) -> None:
    with pytest.raises(BadAddressError) as caught:
        read_address(typed)
    assert caught.value.problem is problem
    assert not typed or typed not in str(caught.value)


@given(
    st.one_of(st.text(), st.text().map("https://".__add__), st.text().map("example.org/".__add__))
)
def test_whatever_is_typed_ends_in_a_safe_address_or_the_typed_error(typed: str) -> None:
    try:
        address = read_address(typed)
    except BadAddressError:
        return
    parts = urlsplit(address)
    assert parts.scheme in {"http", "https"}
    assert parts.hostname
    assert "." in parts.hostname
    assert parts.username is None
    assert not set(address) & set(' <>"\\\n\r\t\x00\u202e')
    assert read_address(address) == address
