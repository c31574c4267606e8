"""Runs the hotline with uvicorn: no access log, no server banner, one quiet stream of messages."""

import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import uvicorn
from django.conf import settings

from takeback.hotline.config.health import DATABASE
from takeback.hotline.foundation.database import name_connections
from takeback.hotline.foundation.liveness.commits import SERVING
from takeback.hotline.foundation.logs import logging_settings
from takeback.hotline.log.watch import log_watch
from takeback.hotline.pages.early import early_refusal
from takeback.running.connections import Bounds
from takeback.running.serving import bounded_options
from takeback.running.sources import is_one_of

_STOP_SECONDS: Final = 2
_NOT_STARTED: Final = 3  # as uvicorn has it
_MOST_CONNECTIONS: Final = 2000  # a thousand event streams, gates that wait, and people
_MOST_CONNECTIONS_A_SOURCE: Final = 500  # fifty gates behind one address, or a school


def serve(listening: socket.socket, on_answering: Callable[[], None]) -> None:
    """Answer on a socket until stopped; `on_answering` hears that it does.

    Django must be set up already.
    """
    bounds = Bounds(
        connections=_MOST_CONNECTIONS,
        connections_a_source=_MOST_CONNECTIONS_A_SOURCE,
        no_single_source=is_one_of(settings.TRUSTED_PROXIES),
    )
    name_connections(SERVING)
    with DATABASE.running():
        config = uvicorn.Config(
            "takeback.hotline.config.asgi:application",
            lifespan="off",
            # Only these may say, in X-Forwarded-For and X-Forwarded-Proto, for whom they ask.
            proxy_headers=True,
            forwarded_allow_ips=settings.TRUSTED_PROXIES,
            timeout_graceful_shutdown=_STOP_SECONDS,
            log_config=logging_settings(),
            **bounded_options(bounds, early_refusal),
        )
        config.load_app()
        server = _Server(config, on_answering)
        with suppress(KeyboardInterrupt):  # it is raised once more when all is stopped
            server.run(sockets=[listening])
    if not server.started:
        sys.exit(_NOT_STARTED)


class _Server(uvicorn.Server):
    """Gates wait for news in long requests; when it stops, these are answered at once."""

    def __init__(self, config: uvicorn.Config, on_answering: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_answering = on_answering

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then let whoever started it know."""
        await super().startup(sockets)
        if self.started:
            self._on_answering()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let everyone go who only waits, then stop as usual."""
        await log_watch().end()
        await super().shutdown(sockets)
