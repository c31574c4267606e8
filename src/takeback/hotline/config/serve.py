"""Runs the hotline with uvicorn: no access log, no server banner, one quiet stream of messages."""

import uvicorn
from django.conf import settings

from takeback.hotline.config.health import DATABASE
from takeback.hotline.foundation.logs import logging_settings

_STOP_SECONDS = 2


def serve(host: str, port: int) -> None:
    """Answer on `host`:`port` until stopped. Django must be set up already."""
    with DATABASE.running():
        uvicorn.run(
            "takeback.hotline.config.asgi:application",
            host=host,
            port=port,
            access_log=False,
            server_header=False,
            lifespan="off",
            # Only these may say, in X-Forwarded-For and X-Forwarded-Proto, for whom they ask.
            proxy_headers=True,
            forwarded_allow_ips=settings.TRUSTED_PROXIES,
            # Gates wait for news in long requests; stopping the hotline does not wait for them.
            timeout_graceful_shutdown=_STOP_SECONDS,
            log_config=logging_settings(),
        )
