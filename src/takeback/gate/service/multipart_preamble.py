"""Takes away what stands before the first part of a multipart body, as RFC 2046 (5.1.1) has it."""

import logging
import re
from collections.abc import AsyncGenerator
from typing import Final

from python_multipart.multipart import parse_options_header

MOST_PREAMBLE_BYTES: Final = 16 * 1024
_MOST_LINE_BYTES: Final = 1024  # of the boundary line after it; a boundary has at most 70

# The parser's log lines quote bytes of what it reads, and those are somebody's picture.
_SILENT: Final = logging.CRITICAL + 1
logging.getLogger("python_multipart").setLevel(_SILENT)


async def without_preamble(
    chunks: AsyncGenerator[bytes, None], content_type: str
) -> AsyncGenerator[bytes, None]:
    """Yield a body from its first boundary line on, and that line without blanks at its end.

    `content_type`: of the request, with its parameters. Of a preamble at most
    `MOST_PREAMBLE_BYTES` are read past; what comes with a longer one is left to the parser, which
    refuses it, and so is a body without a boundary line.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    # The whole line counts: `--boundary0` may stand in a preamble. Blanks at the end of later
    # lines the parser takes; at the end of the first it does not.
    line = re.compile(rb"(?:\A|\r\n)(--%b(?:--)?)[ \t]*(?=\r\n)" % re.escape(boundary))
    beginning = b""
    begun = 0  # where the line begins that is still coming
    async for chunk in chunks:
        beginning += chunk
        first = line.search(beginning, begun)
        if first is not None and first.start() <= MOST_PREAMBLE_BYTES:
            yield first[1] + beginning[first.end() :]
            break
        if first is not None or len(beginning) > MOST_PREAMBLE_BYTES + _MOST_LINE_BYTES:
            yield beginning
            break
        begun = max(0, beginning.rfind(b"\r\n"))
    else:
        yield beginning
    async for chunk in chunks:
        yield chunk
