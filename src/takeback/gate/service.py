"""The gate as an HTTP service on the platform's own network; see docs/gate.md.

Nothing of a request is logged: no bytes, no fingerprints, no addresses.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from takeback.gate.gate import Gate, NoListError
from takeback.gate.metrics import GateMetrics
from takeback.gate.wire import (
    FeedbackAccepted,
    FeedbackRequest,
    HealthAnswer,
    MatchAnswer,
    MatchRequest,
    Problem,
    match_request_body,
)
from takeback.matching.matcher import FingerprintError
from takeback.media import DecodingTimedOut, Limits, MediaError, MediaTooLarge

MAX_UPLOAD_BYTES = Limits().max_bytes
_MULTIPART_OVERHEAD_BYTES = 64 * 1024
_MAX_JSON_BYTES = 256 * 1024
_CHECKING_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request is not one of the two shapes."},
    413: {"model": Problem, "description": "The upload is larger than the gate reads."},
    422: {
        "model": Problem,
        "description": "No picture can be made of the bytes, and they are no listed file: "
        "the platform decides. Or a fingerprint has the wrong shape.",
    },
    503: {"model": Problem, "description": "No list is in force yet."},
}
_MEDIA_PROBLEMS: dict[type[MediaError], tuple[int, str]] = {
    MediaTooLarge: (413, "too_large"),
    DecodingTimedOut: (422, "too_slow"),
}


class _MemoryParser(MultiPartParser):
    """Keeps an upload in memory: no byte of it touches a disk."""

    spool_max_size = MAX_UPLOAD_BYTES + _MULTIPART_OVERHEAD_BYTES


def make_service(gate: Gate) -> FastAPI:
    """Make the ASGI application around a gate; it closes the gate when it shuts down."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with gate:
            yield

    metrics = GateMetrics(gate)
    app = FastAPI(
        title="Takeback gate",
        description="Says of an upload whether it is near a picture that a young person took back.",
        version="1",
        lifespan=lifespan,
        docs_url=None,  # their pages load scripts from elsewhere; /openapi.json says it all
        redoc_url=None,
    )

    @app.middleware("http")
    async def strict_headers(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await call_next(request)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @app.exception_handler(NoListError)
    async def no_list(_request: Request, error: NoListError) -> Response:
        metrics.refused("no_list")
        return _problem(503, "no_list", str(error))

    @app.exception_handler(MediaError)
    async def no_picture(_request: Request, error: MediaError) -> Response:
        status, kind = _MEDIA_PROBLEMS.get(type(error), (422, "not_a_picture"))
        metrics.refused(kind)
        return _problem(status, kind, str(error))

    @app.exception_handler(FingerprintError)
    async def no_fingerprint(_request: Request, error: FingerprintError) -> Response:
        metrics.refused("fingerprint")
        return _problem(422, "fingerprint", str(error))

    @app.exception_handler(RequestValidationError)
    async def wrong_shape(_request: Request, error: RequestValidationError) -> Response:
        # Not what was sent: only where it is wrong, and how.
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc'][1:])) or 'body'}: {one['msg']}"
            for one in error.errors()
        )
        return _problem(422, "request", wrong)

    @app.exception_handler(StarletteHTTPException)
    async def other_problems(_request: Request, error: StarletteHTTPException) -> Response:
        return _problem(error.status_code, "request", str(error.detail))

    @app.post(
        "/v1/match",
        response_model=MatchAnswer,
        responses=_CHECKING_PROBLEMS,
        openapi_extra={"requestBody": match_request_body()},
    )
    async def match(request: Request, report: bool = True) -> MatchAnswer:
        """Check an upload: its bytes as multipart field `file`, or its fingerprints as JSON.

        What the policy decides is reported to the hotline for every matched entry, unless
        `report=false`. A picture that is held should be reported again once someone has looked:
        `POST /v1/feedback`.
        """
        started = time.perf_counter()
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type == "multipart/form-data":
            upload = await _read_upload(request)
            verdict = await run_in_threadpool(gate.check, upload, report=report)
        elif content_type == "application/json":
            fingerprints = _parsed_fingerprints(await _read_body(request, _MAX_JSON_BYTES))
            verdict = await run_in_threadpool(
                gate.check_fingerprints, fingerprints.as_upload(), report=report
            )
        else:
            raise HTTPException(400, "Send multipart/form-data with a `file`, or JSON.")
        metrics.checked(verdict, time.perf_counter() - started)
        return MatchAnswer.of(verdict)

    @app.post("/v1/feedback", status_code=202, responses={422: {"model": Problem}})
    def feedback(said: FeedbackRequest) -> FeedbackAccepted:
        """Tell the hotline what a person decided about an upload that matched these entries."""
        return FeedbackAccepted(
            ids=[str(item.id) for item in gate.report(said.entries, said.value)]
        )

    @app.get("/healthz", responses={503: {"model": HealthAnswer}})
    def healthz(response: Response) -> HealthAnswer:
        """Say whether the gate can check: 503 until a list is in force. A stale list is used."""
        answer = HealthAnswer.of(gate.health())
        if answer.status == "no_list":
            response.status_code = 503
        return answer

    @app.get("/metrics", response_class=Response)
    def prometheus() -> Response:
        """Counters and gauges in the text format of Prometheus."""
        return Response(metrics.text(), media_type=metrics.media_type)

    return app


def _problem(status: int, kind: str, message: str) -> Response:
    problem = Problem(error=kind, message=message)
    return Response(problem.model_dump_json(), status, media_type="application/json")


async def _body_chunks(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    length = request.headers.get("content-length", "")
    received = int(length) if length.isdecimal() else 0
    if received <= most:
        received = 0
        async for chunk in request.stream():
            received += len(chunk)
            if received > most:
                break
            yield chunk
    if received > most:
        raise HTTPException(413, f"The request has more than {most} bytes. Send less at a time.")


async def _read_body(request: Request, most: int) -> bytes:
    return b"".join([chunk async for chunk in _body_chunks(request, most)])


async def _read_upload(request: Request) -> bytes:
    chunks = _body_chunks(request, MAX_UPLOAD_BYTES + _MULTIPART_OVERHEAD_BYTES)
    parser = _MemoryParser(request.headers, chunks, max_files=1, max_fields=8)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise HTTPException(400, "The multipart body can't be read.") from error
    try:
        upload = form.get("file")
        if not isinstance(upload, UploadFile):
            raise HTTPException(400, "The multipart body has no file in the field `file`.")
        return await upload.read()
    finally:
        await form.close()


def _parsed_fingerprints(body: bytes) -> MatchRequest:
    try:
        return MatchRequest.model_validate_json(body)
    except ValidationError as error:
        # Where and what, never the value itself.
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise FingerprintError(f"{where or 'the JSON'}: {first['msg']}") from error
