"""What all feeds share: who may ask, which methods, and errors said in one line of JSON."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from takeback.hotline.pages.methods import methods_for_programs
from takeback.hotline.platforms.admission import READING, NotAdmittedError, admitted_key
from takeback.hotline.platforms.domain import FollowingPlatform, Scope
from takeback.signals.lanes import Lane

_Arguments = ParamSpec("_Arguments")
_View = Callable[Concatenate[HttpRequest, _Arguments], HttpResponseBase]
_ReaderView = Callable[Concatenate[HttpRequest, "Reader", _Arguments], HttpResponse]
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)

LANES = (Lane.CONFIRMED, Lane.SELF_REPORTED, Lane.TEST)
"""What feeds carry: this hotline's own lanes, and not what it imported."""

MOST_AHEAD_SECONDS = 60
"""How far a reader's clock may be ahead; beyond it, it has taken local time for UTC."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks, and which lanes of the feeds its key opens: the test lane only with `read_test`."""

    platform: FollowingPlatform
    lanes: tuple[Lane, ...]


class FeedError(Exception):
    """A request can't be answered: a status, one word, and a sentence that says what to do."""

    def __init__(self, status: HTTPStatus, error: str, message: str) -> None:
        self.status = status
        self.error = error
        super().__init__(message)


def bad_request(error: str, message: str) -> FeedError:
    """An error with status 400."""
    return FeedError(HTTPStatus.BAD_REQUEST, error, message)


def feed_view(
    method: str, token_of: Callable[[HttpRequest], str], challenge: str = ""
) -> Callable[[_ReaderView[_Arguments]], _View[_Arguments]]:
    """Let one method through (GET brings HEAD), from a platform; the view is told who asks.

    `token_of` finds the token in the request; `challenge`: how the shape asks for a missing one.
    """

    def decorate(view: _ReaderView[_Arguments]) -> _View[_Arguments]:
        @wraps(view)
        def answer(
            request: HttpRequest, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs
        ) -> HttpResponse:
            try:
                return view(request, _reader(token_of(request), method), *args, **kwargs)
            except FeedError as error:
                response = _refusal(error)
                if challenge and error.status is HTTPStatus.UNAUTHORIZED:
                    response.headers["WWW-Authenticate"] = challenge
                return response

        return methods_for_programs(method)(answer)

    return decorate


def number(request: HttpRequest, name: str, default: int) -> int:
    """Read a whole number from the query; raises FeedError for anything else."""
    text = request.GET.get(name) or str(default)
    if not _NUMBER.fullmatch(text):
        raise bad_request("bad_query", f"{name} must be a whole number.")
    return int(text)


def lacks_scope(scope: Scope) -> FeedError:
    """The error of a key that does not open what was asked for."""
    return FeedError(
        HTTPStatus.FORBIDDEN,
        "lacks_scope",
        f"This token lacks the scope {scope}. Ask the hotline for one that has it.",
    )


def _reader(token: str, method: str) -> Reader:
    """Admit a platform: these shapes can't say that a lane is kept back, so it takes both.

    Test entries are nobody's: a list without them lacks nothing.
    """
    try:
        scopes = READING if method == "GET" else (Scope.SEND_FEEDBACK,)
        key = admitted_key(token, *scopes)
    except NotAdmittedError as error:
        raise FeedError(error.status, error.error, str(error)) from error
    tests = Scope.READ_TEST.value in key.scopes
    return Reader(key.platform, tuple(lane for lane in LANES if tests or lane is not Lane.TEST))


def _refusal(error: FeedError) -> HttpResponse:
    return JsonResponse({"error": error.error, "message": str(error)}, status=error.status)
