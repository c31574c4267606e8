"""Which network a request comes from: what counts as one source."""

import ipaddress
from collections.abc import Callable, Iterable
from typing import Final

_V6_NETWORK_BYTES: Final = 8  # a /64: what one household or one phone has to itself (RFC 6177)


class UnknownSourceError(ValueError):
    """Where a request came from can't be told; the address itself is not repeated."""


def network_of(address: str) -> bytes:
    """The address of IPv4, packed into 4 bytes, or the /64 of IPv6, 8 bytes.

    Raises UnknownSourceError for what is not an address.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError as error:
        raise UnknownSourceError("The source of the request is not an address.") from error
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return parsed.packed[:_V6_NETWORK_BYTES]
        parsed = parsed.ipv4_mapped
    return parsed.packed


def is_one_of(hosts: Iterable[str]) -> Callable[[str], bool]:
    """Return whether an address is one of `hosts`: addresses, networks, or `*` for all."""
    hosts = {host.strip() for host in hosts}
    networks = [ipaddress.ip_network(host, strict=False) for host in hosts if _is_network(host)]

    def holds(address: str) -> bool:
        if "*" in hosts or address in hosts:
            return True
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in networks)

    return holds


def _is_network(host: str) -> bool:
    try:
        ipaddress.ip_network(host, strict=False)
    except ValueError:
        return False
    return True
