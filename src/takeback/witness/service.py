"""The witness over HTTP, as C2SP tlog-witness has it."""

import asyncio
import logging
from http import HTTPStatus
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from takeback.running.bodies import bounded_bodies
from takeback.running.connections import Bounds
from takeback.running.tallies import FewOfAKind
from takeback.tlog.witnessing import MOST_REQUEST_BYTES, SIZE_TYPE
from takeback.witness.witness import ForkError, OtherSizeError, RefusedError, Witness

CONNECTION_BOUNDS: Final = Bounds(connections=500)
"""A log asks once a checkpoint; a witness watches some logs, and who reads its notes is brief."""

_BODY_SECONDS: Final = 10.0

_log = logging.getLogger(__name__)
_log.addFilter(FewOfAKind(kind=logging.LogRecord.getMessage))  # of one fork; each log is its own


def make_service(witness: Witness) -> Starlette:
    """Make the ASGI application around a witness."""

    async def add_checkpoint(request: Request) -> Response:
        try:
            body = await _body(request)
            lines = await run_in_threadpool(witness.add_checkpoint, body)
        except OtherSizeError as error:
            return Response(f"{error.size}\n", error.status, media_type=SIZE_TYPE)
        except RefusedError as error:
            if isinstance(error, ForkError):
                _log.error("%s Keep both notes: they prove it.", error)
            return PlainTextResponse(f"{error}\n", error.status)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        return PlainTextResponse(lines)

    async def checkpoint(request: Request) -> Response:
        origin = request.query_params.get("origin", "")
        note = await run_in_threadpool(witness.newest, origin)
        if note is None:
            return PlainTextResponse(
                "Nothing has been cosigned of this log. Give ?origin=\n", HTTPStatus.NOT_FOUND
            )
        return PlainTextResponse(note, headers={"Cache-Control": "no-store"})

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/checkpoint", checkpoint, methods=["GET"]),
        ],
        middleware=[Middleware(bounded_bodies, most_bytes=_most_body_bytes)],
    )


def _most_body_bytes(_method: str, _path: str) -> int:
    return MOST_REQUEST_BYTES


async def _body(request: Request) -> bytes:
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            return await request.body()
    except TimeoutError as error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "The body did not come in time.") from error
