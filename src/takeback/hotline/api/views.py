"""The log and the list over HTTP, as docs/wire.md has them: `/log/v1/…` and `/list/v1/…`."""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt
from pydantic import TypeAdapter, ValidationError

from takeback.hashlist.feedback import MAX_FEEDBACK_ITEMS, Acknowledgement, FeedbackBatch
from takeback.hotline.api.openapi import document
from takeback.hotline.api.streams import MOST_STREAMS_A_PLATFORM, checkpoint_events, has_room
from takeback.hotline.feedback import actions as feedback_actions
from takeback.hotline.feedback import health as feedback_health
from takeback.hotline.feedback.domain import PlatformHealth, UnknownCheckpointError
from takeback.hotline.foundation.database import release_connection
from takeback.hotline.limits.places import leave_place
from takeback.hotline.log import access as log_access
from takeback.hotline.log.continuity.shown import NotOursError, take_shown
from takeback.hotline.log.watch import log_watch
from takeback.hotline.pages.methods import methods_for_programs, refused_method
from takeback.hotline.planted.access import canaries_of_others
from takeback.hotline.platforms import actions as platforms_actions
from takeback.hotline.platforms.admission import NotAdmittedError, admitted, admitted_reader
from takeback.hotline.platforms.domain import FollowingPlatform, Scope
from takeback.tlog.bundles import EventRange
from takeback.tlog.errors import MalformedLogError
from takeback.tlog.signed_note import MAX_NOTE_BYTES
from takeback.tlog.tiles import BundleRef, TileRef

_Arguments = ParamSpec("_Arguments")
_Ref = TypeVar("_Ref")
_View = Callable[Concatenate[HttpRequest, _Arguments], HttpResponse]
_Answering = Callable[Concatenate[HttpRequest, _Arguments], HttpResponseBase]
_PlatformView = Callable[Concatenate[HttpRequest, FollowingPlatform, _Arguments], HttpResponse]

_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "public, no-cache"
_TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"
_EVENTS = "text/event-stream"
_MOST_SECONDS = 25
_HEALTH = TypeAdapter(PlatformHealth)
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)


class _RequestError(Exception):
    """A request can't be answered: what to tell, in one word and in a sentence."""

    def __init__(
        self, status: HTTPStatus, error: str, message: str, *, retry_after: int | None = None
    ) -> None:
        self.status = status
        self.error = error
        self.message = message
        self.retry_after = retry_after
        super().__init__(message)

    def response(self) -> HttpResponse:
        body = {"error": self.error, "message": self.message}
        headers = None if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return JsonResponse(body, status=self.status, headers=headers)


def _answering(method: str) -> Callable[[_View[_Arguments]], _Answering[_Arguments]]:
    """Let only this method through (GET brings HEAD) and answer errors as JSON."""

    def decorate(view: _View[_Arguments]) -> _Answering[_Arguments]:
        @wraps(view)
        def answer(
            request: HttpRequest, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs
        ) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except _RequestError as error:
                return error.response()
            except NotAdmittedError as error:
                return _not_admitted(error)

        return methods_for_programs(method)(answer)

    return decorate


def _for_platforms(
    *scopes: Scope,
) -> Callable[[_PlatformView[_Arguments]], _View[_Arguments]]:
    """Let only platforms through whose key has these scopes; the view gets the platform."""

    def decorate(view: _PlatformView[_Arguments]) -> _View[_Arguments]:
        @wraps(view)
        def answer(
            request: HttpRequest, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs
        ) -> HttpResponse:
            return view(request, admitted(request, *scopes), *args, **kwargs)

        return answer

    return decorate


@_answering("GET")
def key(request: HttpRequest) -> HttpResponse:
    """Answer with the log's verifier key, `name+hash+base64` and a newline."""
    return _public(request, (log_access.verifier_key_line() + "\n").encode(), _TEXT, _ASK_AGAIN)


@_answering("GET")
def openapi(request: HttpRequest) -> HttpResponse:
    """Answer with a description of the log and the list for programs."""
    return JsonResponse(document())


@_answering("GET")
def checkpoint(request: HttpRequest) -> HttpResponse:
    """Answer with the signed checkpoint."""
    return _public(request, log_access.current_checkpoint()[1], _TEXT, _ASK_AGAIN)


@_answering("GET")
def purpose(request: HttpRequest) -> HttpResponse:
    """Answer with the opening of the log's first event, which says what the list is for."""
    body = log_access.purpose_opening()
    if body is None:
        raise _RequestError(
            HTTPStatus.NOT_FOUND, "no_purpose_yet", "The log is empty. Ask again in a minute."
        )
    return _public(request, body, _BYTES, _FOREVER)


@_answering("GET")
def tile(request: HttpRequest, path: str) -> HttpResponse:
    """Answer with a tile of the Merkle tree."""
    return _tile_or_none(request, log_access.tile(_read(TileRef.parse, path)))


@_answering("GET")
def entries(request: HttpRequest, path: str) -> HttpResponse:
    """Answer with an entry bundle: commitments."""
    return _tile_or_none(request, log_access.entry_bundle(_read(BundleRef.parse, path)))


@_answering("GET")
def openings(request: HttpRequest, path: str) -> HttpResponse:
    """Answer with the openings that the key may see, and remember that the platform has them."""
    key, lanes = admitted_reader(request)
    try:
        part = EventRange.parse(path)
    except MalformedLogError as error:
        raise _RequestError(HTTPStatus.NOT_FOUND, "no_such_range", str(error)) from error
    body = log_access.openings(part, lanes, canaries_of_others(key.platform))
    if body is None:
        raise _RequestError(
            HTTPStatus.NOT_FOUND, "beyond_the_log", "Ask for events that a checkpoint covers."
        )
    if request.method == "GET":
        platforms_actions.note_fetched(key.platform, part.end, lanes)
    return HttpResponse(body, content_type=_BYTES)


@_answering("GET")
@_for_platforms()
def health(request: HttpRequest, platform: FollowingPlatform) -> HttpResponse:
    """Answer with how the platform is doing, by what it acknowledged and said."""
    return JsonResponse(_HEALTH.dump_python(feedback_health.platform_health(platform), mode="json"))


@csrf_exempt
@_answering("POST")
@_for_platforms(Scope.SEND_FEEDBACK)
def feedback(request: HttpRequest, platform: FollowingPlatform) -> HttpResponse:
    """Take in what a platform did."""
    try:
        batch = FeedbackBatch.model_validate_json(request.body)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"])) or "body"
        raise _RequestError(
            HTTPStatus.BAD_REQUEST,
            "bad_feedback",
            f"{place}: {fault['msg']}. At most {MAX_FEEDBACK_ITEMS} items; see docs/wire.md.",
        ) from error
    receipt = feedback_actions.record_feedback(platform, batch.feedback)
    return JsonResponse(receipt.model_dump(mode="json"))


@csrf_exempt
@_answering("POST")
def acknowledgement(request: HttpRequest) -> HttpResponse:
    """Take in up to where the list is in force at a gate."""
    key, _ = admitted_reader(request)
    try:
        acknowledged = Acknowledgement.model_validate_json(request.body)
        feedback_actions.record_acknowledgement(key, acknowledged)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        raise _RequestError(
            HTTPStatus.BAD_REQUEST, "bad_acknowledgement", f"{fault['msg']}; see docs/wire.md."
        ) from error
    except UnknownCheckpointError as error:
        raise _RequestError(HTTPStatus.CONFLICT, "unknown_checkpoint", str(error)) from error
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@csrf_exempt
@_answering("POST")
def shown_checkpoint(request: HttpRequest) -> HttpResponse:
    """Take in the checkpoint that a gate holds: what this log's key has signed it must contain."""
    key, _ = admitted_reader(request)
    if len(request.body) > MAX_NOTE_BYTES:
        raise _RequestError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "checkpoint_too_large",
            f"A checkpoint has at most {MAX_NOTE_BYTES} bytes.",
        )
    try:
        is_contained = take_shown(request.body, f"a gate of {key.platform.name}")
    except NotOursError as error:
        raise _RequestError(HTTPStatus.BAD_REQUEST, "bad_checkpoint", str(error)) from error
    return JsonResponse({"contained": is_contained})


async def wait(request: HttpRequest) -> HttpResponse:
    """Answer with the checkpoint as soon as the log is larger than `size`; 204 if it stays."""
    if refusal := refused_method(request, "GET", "HEAD"):
        return refusal
    try:
        await sync_to_async(_require_platform)(request)
        size = _number(request, "size", 0)
        seconds = min(_number(request, "seconds", _MOST_SECONDS), _MOST_SECONDS)
    except _RequestError as error:
        return error.response()
    except NotAdmittedError as error:
        return _not_admitted(error)
    if request.method == "HEAD":
        seconds = 0  # nothing is said of the checkpoint, so there is nothing to wait for
    note = await log_watch().checkpoint_after(size, seconds)
    if note is None:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return HttpResponse(note, content_type=_TEXT)


async def events(request: HttpRequest) -> HttpResponseBase:
    """Answer with a stream of checkpoints, from the one after `Last-Event-ID` on."""
    if refusal := refused_method(request, "GET", "HEAD"):
        return refusal
    try:
        platform = await sync_to_async(_require_platform)(request)
        size = _whole(request.headers.get("Last-Event-ID", "-1"), "Last-Event-ID", least=-1)
        if request.method == "HEAD":
            return HttpResponse(content_type=_EVENTS)
        if not has_room(platform.id):
            raise _RequestError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too_many_streams",
                f"Hold at most {MOST_STREAMS_A_PLATFORM} streams open, or try again in a minute.",
                retry_after=60,
            )
    except _RequestError as error:
        return error.response()
    except NotAdmittedError as error:
        return _not_admitted(error)
    return StreamingHttpResponse(
        checkpoint_events(platform.id, size),
        content_type=_EVENTS,
        headers={"X-Accel-Buffering": "no"},  # nginx would keep events back
    )


def _require_platform(request: HttpRequest) -> FollowingPlatform:
    try:
        return admitted(request)
    finally:
        release_connection()  # a request that waits must hold nothing meanwhile
        leave_place()


def _not_admitted(error: NotAdmittedError) -> HttpResponse:
    response = JsonResponse(error.body, status=error.status)
    if error.status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _read(parse: Callable[[str], _Ref], path: str) -> _Ref:
    try:
        return parse(path)
    except MalformedLogError as error:
        raise _no_tile() from error


def _tile_or_none(request: HttpRequest, body: bytes | None) -> HttpResponse:
    if body is None:
        raise _no_tile()
    return _public(request, body, _BYTES, _FOREVER)


def _public(request: HttpRequest, body: bytes, content_type: str, caching: str) -> HttpResponse:
    """Answer with what anyone may keep; 304 to a client that has it already (RFC 9110, 13)."""
    etag = f'"{hashlib.sha256(body).hexdigest()}"'
    headers = {"Cache-Control": caching, "ETag": etag}
    whole = HttpResponse(body, content_type=content_type, headers=headers)
    return get_conditional_response(request, etag=etag, response=whole) or whole


def _no_tile() -> _RequestError:
    return _RequestError(
        HTTPStatus.NOT_FOUND,
        "no_such_tile",
        "Ask for full tiles, and for partial ones of the width that a checkpoint calls for.",
    )


def _number(request: HttpRequest, name: str, default: int) -> int:
    return _whole(request.GET.get(name, str(default)), name)


def _whole(text: str, name: str, least: int = 0) -> int:
    if not _NUMBER.fullmatch(text) and text != str(least):
        raise _RequestError(HTTPStatus.BAD_REQUEST, "bad_query", f"{name} must be a whole number.")
    return int(text)
