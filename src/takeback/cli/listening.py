"""Opens the socket that a service listens on, and says where it answers."""

import logging
import socket
from typing import Final

import uvicorn

from takeback.cli.printing import say

_BACKLOG: Final = 1024


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises OSError with what to do."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        raise OSError(
            f"Nothing can listen on {host}, port {port}: {error.strerror}. "
            "Choose another --host or --port."
        ) from error


def address_of(listening: socket.socket) -> str:
    """Return the URL at which a socket answers."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class AnnouncedServer(uvicorn.Server):
    """Says where it answers once it does. `who`: as the sentence begins."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket, who: str) -> None:
        super().__init__(config)
        for name in ("uvicorn", "uvicorn.error"):  # its own handlers write what exceptions quote
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.propagate = True
        self._listening = listening
        self._who = who

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            say(f"{self._who} answers on {address_of(self._listening)}. Ctrl-C stops it.")

    def serve_until_stopped(self) -> None:
        """Serve until a signal stops it."""
        try:
            self.run(sockets=[self._listening])
        except KeyboardInterrupt:
            return
