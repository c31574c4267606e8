"""A web address as a young person gives it: forgiving of what is left out, strict on the rest."""

import re
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

import idna

MAX_LENGTH = 2000
MAX_ADDRESSES = 20
"""Of one case."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_HOST_AND_PORT = re.compile(r"[^/?#:@]+:\d")
# White space, control characters, marks that steer text direction, and what RFC 3986 never allows.
_NEVER = re.compile(r"[\s\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\\<>\"^`{|}]")


class AddressProblem(StrEnum):
    """What keeps a text from being a web address."""

    TOO_LONG = "too_long"
    SPACES = "spaces"
    OTHER_SCHEME = "other_scheme"
    PASSWORD = "password"  # noqa: S105 - the name of a problem
    NO_WEBSITE = "no_website"


class BadAddressError(ValueError):
    """The text is not the address of a web page; `problem` says why, the message quotes nothing."""

    def __init__(self, problem: AddressProblem) -> None:
        """Keep the problem; no text of the visitor goes into the message."""
        super().__init__(f"This is not a web address we can use: {problem.value}.")
        self.problem = problem


def read_address(typed: str) -> str:
    """Read one address of a page on the web; `https://` is added where no scheme stands.

    The host may be international (IDNA 2008 with UTS 46 mapping) and is kept readable. Raises
    BadAddressError for other schemes, for a name or password inside, and for what has no website.
    """
    text = typed.strip()
    if len(text) > MAX_LENGTH:
        raise BadAddressError(AddressProblem.TOO_LONG)
    if not text:
        raise BadAddressError(AddressProblem.NO_WEBSITE)
    if _NEVER.search(text):
        raise BadAddressError(AddressProblem.SPACES)
    if not _SCHEME.match(text) or _HOST_AND_PORT.match(text):
        text = "https://" + text.removeprefix("//")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise BadAddressError(AddressProblem.NO_WEBSITE) from error
    if parts.scheme not in {"http", "https"}:
        raise BadAddressError(AddressProblem.OTHER_SCHEME)
    if "@" in parts.netloc:
        raise BadAddressError(AddressProblem.PASSWORD)
    host = _readable_host(parts.hostname or "")
    netloc = host if port is None else f"{host}:{port}"
    return urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, parts.fragment))


def _readable_host(host: str) -> str:
    """Check a host name as the domain name system would, and write it for people."""
    try:
        ascii_host = idna.encode(host.rstrip("."), uts46=True).decode("ascii")
        readable = idna.decode(ascii_host)
    except (idna.IDNAError, UnicodeError) as error:
        raise BadAddressError(AddressProblem.NO_WEBSITE) from error
    labels = ascii_host.split(".")
    # A site on the public web has a name with a dot and an ending that is not a number.
    if len(labels) < 2 or not any(map(str.isalpha, labels[-1])):  # noqa: PLR2004 - name and ending
        raise BadAddressError(AddressProblem.NO_WEBSITE)
    return readable
