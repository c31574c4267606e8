"""Takes away what stands before the first part of a multipart body, as RFC 2046 (5.1.1) has it."""

import logging
from collections.abc import AsyncGenerator
from typing import Final

from python_multipart.multipart import parse_options_header

MOST_PREAMBLE_BYTES: Final = 16 * 1024

# The parser's log lines quote bytes of what it reads, and those are somebody's picture.
_SILENT: Final = logging.CRITICAL + 1
logging.getLogger("python_multipart").setLevel(_SILENT)


async def without_preamble(
    chunks: AsyncGenerator[bytes, None], content_type: str
) -> AsyncGenerator[bytes, None]:
    """Yield a body from its first boundary on; one without a boundary as it is.

    `content_type`: of the request, with its parameters. Of a preamble at most
    `MOST_PREAMBLE_BYTES` are read past; what comes with a longer one is left to the parser, which
    refuses it.
    """
    boundary = b"--" + parse_options_header(content_type)[1].get(b"boundary", b"")
    beginning = b""
    async for chunk in chunks:
        beginning += chunk
        start = _start(beginning, boundary)
        if start is not None or len(beginning) > MOST_PREAMBLE_BYTES + len(boundary):
            yield beginning[start:]
            break
    else:
        yield beginning
    async for chunk in chunks:
        yield chunk


def _start(beginning: bytes, boundary: bytes) -> int | None:
    """Where the first line that begins with the boundary begins, None if there is none yet."""
    if beginning.startswith(boundary):
        return 0
    before = beginning.find(b"\r\n" + boundary, 0, MOST_PREAMBLE_BYTES + len(boundary))
    return None if before < 0 else before + len(b"\r\n")
