"""What counts as one source."""

import pytest

from takeback.running.sources import UnknownSourceError, is_one_of, network_of


def test_a_source_is_an_address_of_ipv4_or_a_network_of_ipv6() -> None:
    assert network_of("203.0.113.9") == bytes([203, 0, 113, 9])
    assert network_of("::ffff:203.0.113.9") == network_of("203.0.113.9")
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")


@pytest.mark.parametrize("address", ["", "unknown", "203.0.113.9:80", "/run/proxy.sock"])
def test_what_is_no_address_is_not_repeated(address: str) -> None:
    with pytest.raises(UnknownSourceError) as refusal:
        network_of(address)
    assert not address or address not in str(refusal.value)


def test_proxies_are_named_by_address_network_or_star() -> None:
    named = is_one_of(["127.0.0.1", " ::1", "10.1.0.0/16", "proxy"])
    assert all(map(named, ["127.0.0.1", "::1", "10.1.2.3", "proxy"]))
    assert not any(map(named, ["127.0.0.2", "10.2.0.1", "other", ""]))
    assert is_one_of(["*"])("203.0.113.9")
