"""Which origins are the hotline's own: those of the address that the operator has stated.

What the web server in front says of scheme and host does not matter for it, so a proxy that leaves
`X-Forwarded-Proto` out can't turn every form away.
"""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import SplitResult, urlsplit

import idna

_USUAL_PORTS: Final = {"http": 80, "https": 443}
_NAME: Final = re.compile(r"[0-9A-Za-z._-]+|[0-9A-Fa-f:.]+")
"""What a name of a host (RFC 1123, and the underscore), or an address of IPv6, is made of."""


def public_address(text: str) -> str:
    """Return the stated address without blanks around it and a slash at its end.

    Raises ValueError, which names the variable, for anything but scheme, name and port: no browser
    would send an origin that is equal to it.
    """
    address = text.strip()
    try:
        parts = urlsplit(address)
        port = parts.port
        name = public_host(address)
    except ValueError as error:  # no number, too big a one, half an address of IPv6, no such name
        raise _refused("the name or the port is not a valid one") from error
    if parts.scheme not in _USUAL_PORTS or not name or port == 0:
        raise _refused("it is no address with a scheme and a name")
    if parts.username is not None or parts.password is not None:
        raise _refused("a user or a password can't stand in it")  # and is not repeated here
    if parts.path.strip("/") or "?" in address or "#" in address:
        raise _refused("the hotline has its name for itself, so nothing can follow it")
    if not _NAME.fullmatch(name):
        raise _refused("the name is not a valid one")
    return f"{parts.scheme}://{parts.netloc.rstrip(':')}"


def _refused(why: str) -> ValueError:
    return ValueError(
        f"TAKEBACK_PUBLIC_URL can't be used: {why}. Write an address as "
        "https://pictures.example.org, with a port where it needs one, and nothing else."
    )


def public_host(address: str) -> str:
    """Return the name in an address, as browsers send it: in ASCII and lower case."""
    name = urlsplit(address).hostname or ""
    return name if name.isascii() else idna.encode(name, uts46=True).decode()


def own_origins(address: str, hosts: Sequence[str]) -> list[str]:
    """Return the origins (RFC 6454) from which forms are the hotline's own.

    With `https://` that is the stated one alone. With `http://`, for trying things out, it is also
    any name in `hosts` at the same port; one that begins with a dot stands for all below it.
    """
    parts = urlsplit(address)
    names = [public_host(address)]
    if parts.scheme == "http":
        names += [f"*{name}" if name.startswith(".") else name for name in hosts if name != "*"]
    origins = [f"{parts.scheme}://{_in_brackets(name)}{_port(parts)}" for name in names]
    return list(dict.fromkeys(origins))


def _port(parts: SplitResult) -> str:
    return f":{parts.port}" if parts.port not in (None, _USUAL_PORTS[parts.scheme]) else ""


def _in_brackets(name: str) -> str:
    """An address of IPv6 as it stands in a URL."""
    return f"[{name}]" if ":" in name and not name.startswith("[") else name
