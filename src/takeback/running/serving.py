"""Runs an application with uvicorn, bounded and quiet, for a program that needs no more."""

from typing import Any

import uvicorn

from takeback.running.connections import Bounds
from takeback.running.protocol import bounded
from takeback.running.refusals import Refuse, plain_refusal


def serve(application: Any, port: int, host: str = "127.0.0.1") -> None:
    """Answer until stopped; bodies are the application's own concern."""
    uvicorn.run(application, host=host, port=port, **bounded_options(Bounds()))


def bounded_options(bounds: Bounds, refuse: Refuse = plain_refusal) -> dict[str, Any]:
    """What `uvicorn.Config` is given: bounded connections, and no line, banner or address more."""
    return {
        "http": bounded(bounds, refuse),
        "ws": "none",
        "access_log": False,  # it holds addresses
        "server_header": False,
    }
