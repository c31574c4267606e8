"""The gate as an HTTP service on the platform's own network; see docs/gate.md.

Nothing of a request is logged: no bytes, no fingerprints, no addresses.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from takeback.gate.check.followed_list import ListOutOfForceError, NoListError
from takeback.gate.check.gate import Gate, Verdict
from takeback.gate.check.notices import DEFAULT_LANGUAGE
from takeback.gate.check.wire import (
    FeedbackAccepted,
    FeedbackRequest,
    HealthAnswer,
    MatchAnswer,
    MatchRequest,
    Problem,
    match_request_body,
)
from takeback.gate.cores import usable_cores
from takeback.gate.service.admission import MemoryBudget, RequestProblem
from takeback.gate.service.bounds import most_body_bytes, refusal
from takeback.gate.service.metrics import GateMetrics
from takeback.gate.service.request_bodies import (
    json_within,
    media_type_of,
    read_json,
    read_multipart_upload,
    read_raw_upload,
)
from takeback.matching.matcher import FingerprintError
from takeback.media import DecoderBusy, DecodingTimedOut, MediaError, MediaTooLarge
from takeback.running.bodies import bounded_bodies

# Room for fifty photographs, and for three of the largest files: docs/gate.md adds the memory up.
_UPLOADS_IN_MEMORY: Final = 192 << 20
_UPLOADS_IN_MEMORY_A_CORE: Final = 96 << 20
# Threads that have digests to compute, beside those that hold a child or wait for one.
_DIGESTING: Final = 16
_HOW_TO_SEND: Final = (
    "Send a picture as the body with its own content type (image/…) or application/octet-stream, "
    "or as the field `file` of multipart/form-data, or fingerprints as application/json."
)
_CHECKING_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": Problem, "description": "The body is empty or can't be read."},
    408: {"model": Problem, "description": "The body did not come in time."},
    413: {"model": Problem, "description": "The upload is larger than the gate reads."},
    415: {"model": Problem, "description": "The content type is none of those below."},
    422: {
        "model": Problem,
        "description": "No picture can be made of the bytes, and they are no listed file: "
        "the platform decides. Or a fingerprint has the wrong shape.",
    },
    503: {
        "model": Problem,
        "description": "`no_list`: no list is in force yet. `out_of_force`: it has expired or is "
        "refused, and the grace is over. `busy`: too many uploads are under "
        "way; try again after the seconds of Retry-After.",
    },
}
_MEDIA_PROBLEMS: dict[type[MediaError], tuple[int, str]] = {
    MediaTooLarge: (413, "too_large"),
    DecodingTimedOut: (422, "too_slow"),
}

_Language = Annotated[
    str,
    Query(
        max_length=200,
        description="in which the notice is: a tag such as `ar`, or a whole `Accept-Language`",
    ),
]


def make_service(gate: Gate) -> FastAPI:
    """Make the ASGI application around a gate; it closes the gate when it shuts down."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with gate, pictures:
            yield

    budget = MemoryBudget(max(_UPLOADS_IN_MEMORY, usable_cores() * _UPLOADS_IN_MEMORY_A_CORE))
    metrics = GateMetrics(gate, budget)
    # Whose turn it is to be decoded, the gate says, not the order in which threads come free: there
    # are more of them than uploads that it lets wait. Meanwhile they have the digests ready.
    threads = (gate.most_under_way or usable_cores()) + _DIGESTING
    pictures = ThreadPoolExecutor(threads, thread_name_prefix="check")

    async def checked(
        threads: ThreadPoolExecutor | None, check: Callable[[], Verdict], language: str
    ) -> Response:
        started = time.perf_counter()
        verdict = await asyncio.get_running_loop().run_in_executor(threads, check)
        metrics.checked(verdict, time.perf_counter() - started)
        answer = MatchAnswer.of(verdict, language).model_dump_json()
        return Response(answer, media_type="application/json")

    app = FastAPI(
        title="Takeback gate",
        description="Says of an upload whether it is near a picture that a young person took back.",
        version="1",
        lifespan=lifespan,
        docs_url=None,  # their pages load scripts from elsewhere; /openapi.json says it all
        redoc_url=None,
    )

    app.add_middleware(bounded_bodies, most_bytes=most_body_bytes, refuse=refusal)
    app.add_middleware(_StrictHeaders)
    app.add_middleware(_HeadAsGet)
    _explain_problems(app, metrics)

    @app.post(
        "/v1/match",
        response_model=MatchAnswer,
        responses=_CHECKING_PROBLEMS,
        openapi_extra={"requestBody": match_request_body()},
    )
    async def match(
        request: Request, report: bool = True, language: _Language = DEFAULT_LANGUAGE
    ) -> Response:
        """Check an upload: its bytes as the body or as multipart field `file`, or its fingerprints.

        What the policy decides is reported to the hotline for every matched entry, unless
        `report=false`. A picture that is held should be reported again once someone has looked:
        `POST /v1/feedback`. `notice` is what to show to whoever posted it; show nothing else.
        """
        media_type = media_type_of(request)
        if media_type == "application/json":
            with budget.reservation() as held:
                fingerprints = _parsed_fingerprints(await read_json(request, held)).as_upload()
            # Quick work, which does not queue behind pictures.
            return await checked(
                None, partial(gate.check_fingerprints, fingerprints, report=report), language
            )
        if media_type == "multipart/form-data":
            read = read_multipart_upload
        elif media_type.startswith("image/") or media_type == "application/octet-stream":
            read = read_raw_upload
        else:
            raise RequestProblem(415, "content_type", _HOW_TO_SEND)
        with budget.reservation() as held:
            upload = await read(request, held)
            return await checked(pictures, partial(gate.check, upload, report=report), language)

    short = APIRouter(route_class=json_within(budget))

    @short.post("/v1/feedback", status_code=202, responses={422: {"model": Problem}})
    def feedback(body: FeedbackRequest) -> FeedbackAccepted:
        """Tell the hotlines what a person decided about an upload that matched these entries."""
        try:
            reported = gate.report(body.entries, body.value, origin=body.origin)
        except ValueError as error:
            raise RequestProblem(422, "origin", str(error)) from error
        return FeedbackAccepted(ids=[str(item.id) for item in reported])

    app.include_router(short)

    @app.get("/healthz", responses={503: {"model": HealthAnswer}})
    def healthz(response: Response) -> HealthAnswer:
        """Say whether the gate can check: 503 while a list that must be in force is not."""
        answer = HealthAnswer.of(gate.health())
        if not answer.can_check:
            response.status_code = 503
        return answer

    @app.get("/metrics", response_class=Response)
    def prometheus() -> Response:
        """Counters and gauges in the text format of Prometheus."""
        return Response(metrics.text(), media_type=metrics.media_type)

    return app


def _explain_problems(app: FastAPI, metrics: GateMetrics) -> None:
    @app.exception_handler(NoListError)
    async def no_list(_request: Request, error: NoListError) -> Response:
        kind = "out_of_force" if isinstance(error, ListOutOfForceError) else "no_list"
        metrics.refused(kind)
        return _problem(503, kind, str(error))

    @app.exception_handler(MediaError)
    async def no_picture(_request: Request, error: MediaError) -> Response:
        status, kind = _MEDIA_PROBLEMS.get(type(error), (422, "not_a_picture"))
        metrics.refused(kind)
        return _problem(status, kind, str(error))

    @app.exception_handler(DecoderBusy)
    async def decoder_busy(_request: Request, error: DecoderBusy) -> Response:
        metrics.refused("busy")
        return _problem(503, "busy", str(error), error.retry_after)

    @app.exception_handler(FingerprintError)
    async def no_fingerprint(_request: Request, error: FingerprintError) -> Response:
        metrics.refused("fingerprint")
        return _problem(422, "fingerprint", str(error))

    @app.exception_handler(RequestValidationError)
    async def wrong_shape(_request: Request, error: RequestValidationError) -> Response:
        # Not what was sent: only where it is wrong, and how.
        wrong = "; ".join(
            f"{'.'.join(map(str, problem['loc'][1:])) or 'body'}: {problem['msg']}"
            for problem in error.errors()
        )
        return _problem(422, "request", wrong)

    @app.exception_handler(RequestProblem)
    async def refused(_request: Request, problem: RequestProblem) -> Response:
        metrics.refused(problem.kind)
        return _problem(problem.status, problem.kind, str(problem))

    @app.exception_handler(HTTPException)
    async def other_problems(_request: Request, error: HTTPException) -> Response:
        answer = _problem(error.status_code, "request", str(error.detail))
        answer.headers.update(error.headers or {})  # `Allow`, with 405
        return answer

    @app.exception_handler(ClientDisconnect)
    async def gone(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=400)  # nobody reads it


def _problem(status: int, kind: str, message: str, retry_after: int = 1) -> Response:
    problem = Problem(error=kind, message=message).model_dump_json()
    headers = {"Retry-After": str(retry_after)} if kind == "busy" else None
    return Response(problem, status, headers, media_type="application/json")


class _StrictHeaders:
    """Adds headers to every answer; a middleware of its own kind, which never touches a body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = "no-store"
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self._app(scope, receive, with_headers)


class _HeadAsGet:
    """Answers HEAD as GET without the content, on every route (RFC 9110, section 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = scope["type"] == "http" and scope["method"] == "HEAD"

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                allowed = set(headers.get("Allow", "").split(", "))
                if "GET" in allowed:
                    headers["Allow"] = ", ".join(sorted(allowed | {"HEAD"}))
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"} if head else scope, receive, answer)


def _parsed_fingerprints(body: bytes) -> MatchRequest:
    try:
        return MatchRequest.model_validate_json(body)
    except ValidationError as error:
        # Where and what, never the value itself.
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise FingerprintError(f"{where or 'the JSON'}: {first['msg']}") from error
