"""Says where a request to somebody else may go: to public addresses, never into our own network."""

import ipaddress
import socket
import threading
from queue import Empty, SimpleQueue
from typing import Final
from urllib.parse import urlsplit

from takeback.hotline.foundation.outbound.errors import OutboundError

MOST_URL: Final = 500
_UNICAST: Final = ipaddress.ip_network("2000::/3")
# Of IPv6 nothing else is handed out. Outside lie mapped, translated (64:ff9b::, 64:ff9b:1::) and
# site-local addresses, some of which Python 3.11 takes for global.
_NOT_PUBLIC: Final = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20"))
)
"""For protocols and documentation (IANA); how many of them Python knows depends on its version."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def checked_url(url: str, *, loopback: bool) -> None:
    """Look at an address that webhooks are to go to; `loopback`: this machine may be one.

    Raises OutboundError if it is too long, not https (http to a loopback address if allowed), or
    holds a user name, a password or a fragment.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise OutboundError("The address of a webhook can't be read.") from error
    if len(url) > MOST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise OutboundError(f"An address has at most {MOST_URL} printable ASCII characters.")
    if not parts.hostname or port == 0 or parts.username is not None or parts.fragment:
        raise OutboundError("An address needs a host, and no user name and no fragment.")
    local = loopback and parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise OutboundError("An address begins with https://.")


def require_not_private(url: str, seconds: float, *, loopback: bool) -> None:
    """Look where an address leads today, before it is kept; each sending looks again.

    Raises OutboundError if it leads, or one of its name's addresses leads, anywhere but to the
    public network. A name that has no address yet may get one: that is no error.
    """
    parts = urlsplit(url)
    try:
        found = looked_up(parts.hostname or "", parts.port or 0, seconds)
    except OutboundError:
        return
    if not all(_may_be_reached(address, loopback) for address in found):
        raise OutboundError(
            "This address leads into a private network or to this machine, where nothing is ever "
            "sent. Give one that is reached from the public Internet."
        )


def public_addresses(host: str, port: int, seconds: float, *, loopback: bool) -> list[str]:
    """Look a name up, once; returns the address to connect to, alone in a list.

    Raises OutboundError if none is found in so many seconds, or if any that it has is not public;
    `loopback`: those of this machine count as public.
    """
    addresses = looked_up(host, port, seconds)
    if not all(_may_be_reached(address, loopback) for address in addresses):
        raise OutboundError("Its name leads to an address that is not public.")
    return addresses[:1]


def looked_up(host: str, port: int, seconds: float) -> list[str]:
    """Look a name up; returns its addresses in the order in which to try them.

    Raises OutboundError if none is found in so many seconds.
    """
    answers: SimpleQueue[list[str]] = SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            answers.put([])
        else:
            answers.put([str(place[0]) for *_, place in found])

    # A look-up can't be called off. One that hangs is left to its thread, and the C library ends
    # it before long; nobody waits for it, not even the end of the process.
    threading.Thread(target=look_up, name="name look-up", daemon=True).start()
    try:
        addresses = answers.get(timeout=seconds)
    except Empty as error:
        raise OutboundError("Its name was not found in time.") from error
    if not addresses:
        raise OutboundError("Its name has no address.")
    return addresses


def _may_be_reached(text: str, loopback: bool) -> bool:
    address: _Address = ipaddress.ip_address(text.partition("%")[0])
    if loopback and address.is_loopback:
        return True
    return all(_is_public(meant) for meant in _meant(address))


def _is_public(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST:
        return False
    apart = any(address in network for network in _NOT_PUBLIC)
    return address.is_global and not address.is_multicast and not apart


def _meant(address: _Address) -> list[_Address]:
    """The address itself, and the IPv4 addresses that a tunnel of this host would take it to."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    hidden = [address.sixtofour, *(address.teredo or ())]
    return [address, *(inner for inner in hidden if inner is not None)]
