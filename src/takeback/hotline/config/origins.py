"""Which origins are the hotline's own: those of the address that the operator has stated.

What the web server in front says of scheme and host does not matter for it, so a proxy that leaves
`X-Forwarded-Proto` out can't turn every form away.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import SplitResult, urlsplit

import idna

_USUAL_PORTS: Final = {"http": 80, "https": 443}


def public_address(text: str) -> str:
    """Return the stated address without a slash at its end.

    Raises ValueError if nobody could reach a hotline there: no scheme, no name, a query.
    """
    parts = urlsplit(text)
    if parts.scheme not in _USUAL_PORTS or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(
            f"TAKEBACK_PUBLIC_URL must be an address as https://pictures.example.org, not {text!r}."
        )
    _ = parts.port  # raises ValueError where it is no number
    return text.rstrip("/")


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
