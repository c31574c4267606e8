"""Runs the hotline with uvicorn: no access log, no server banner, one quiet stream of messages."""

import uvicorn

from takeback.hotline.config.logs import logging_settings


def serve(host: str, port: int) -> None:
    """Answer on `host`:`port` until stopped. Django must be set up already."""
    uvicorn.run(
        "takeback.hotline.config.asgi:application",
        host=host,
        port=port,
        access_log=False,
        server_header=False,
        lifespan="off",
        log_config=logging_settings(),
    )
