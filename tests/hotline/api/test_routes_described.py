"""The description and the routes say the same of each other: neither promises or hides anything."""

import base64
import inspect
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.http import HttpResponseBase, StreamingHttpResponse
from django.test import Client
from django.urls import URLPattern

from takeback.hotline.api import streams
from takeback.hotline.api.openapi import document
from takeback.hotline.api.urls import urlpatterns
from takeback.hotline.config.asgi import application
from takeback.hotline.limits import places
from takeback.hotline.limits.turns import Turns
from takeback.hotline.log import access as log_access
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms.actions import add_key, add_platform
from takeback.hotline.platforms.domain import Scope
from tests.support.asgi_browser import Browser, scope
from tests.support.followers import some_signals
from tests.support.listing import list_picture

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
READS = re.compile(r"""_number\(request, "(\w+)"|request\.headers\.get\("([\w-]+)\"""")

PROMISED_IN_VAIN = {
    ("/list/v1/health", "get", 403, "application/json"),
    ("/list/v1/wait", "get", 403, "application/json"),
    ("/list/v1/events", "get", 403, "application/json"),
}
"""Any key opens these; the description is kept byte for byte, and a client loses nothing by it."""


class Answer(NamedTuple):
    path: str
    method: str
    status: int
    media: str


def described() -> set[Answer]:
    return {
        Answer(path, method, int(status), media)
        for path, operations in document()["paths"].items()
        for method, operation in operations.items()
        for status, response in operation["responses"].items()
        for media in response.get("content", {"": None})
    }


def routes() -> dict[str, URLPattern]:
    """Each route by its path in the description's way."""
    return {
        "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(route.pattern)): route
        for route in urlpatterns
    }


def parameters(path: str, place: str) -> set[str]:
    (operation,) = document()["paths"][path].values()
    return {
        parameter["name"]
        for parameter in operation.get("parameters", [])
        if parameter["in"] == place
    }


class Caller:
    """Asks for described paths, and keeps what was answered in the description's way."""

    def __init__(self) -> None:
        self.answers: set[Answer] = set()

    def ask(self, path: str, end: str = "", token: str = "", **more: Any) -> HttpResponseBase:
        """Ask with the method that is described; `end`: what stands for `{path}`, or a query."""
        (method,) = document()["paths"][path]
        at = path.replace("{path}", end) if "{path}" in path else path + end
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        given = more.pop("body", None)
        body = given if isinstance(given, bytes) else json.dumps(given)
        answer: HttpResponseBase = Client().generic(
            method.upper(), at, body, "application/json", headers=headers
        )
        if isinstance(answer, StreamingHttpResponse):
            answer.close()
        media = answer.headers.get("Content-Type", "") if answer.status_code != 204 else ""
        self.answers.add(Answer(path, method, answer.status_code, media))
        return answer


def test_routes_methods_and_parameters_are_those_described() -> None:
    assert set(routes()) == set(document()["paths"])
    for path, route in routes().items():
        assert parameters(path, "path") == set(re.findall(r"{(\w+)}", path))
        source = inspect.getsource(inspect.unwrap(route.callback))
        read = {"".join(names) for names in READS.findall(source)}
        assert parameters(path, "query") | parameters(path, "header") == read, path


@pytest.mark.django_db
def test_only_the_methods_described_are_answered() -> None:
    for path, operations in document()["paths"].items():
        answered = {
            method.lower()
            for method in METHODS
            if Client().generic(method, path.replace("{path}", "x")).status_code != 405
        }
        assert answered == set(operations), path


def answers_given(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answer]:
    """Ask for whatever can be answered, of an empty log and of one with an entry."""
    caller = Caller()
    caller.ask("/log/v1/purpose")
    token = add_platform("Skylark")
    reading = add_key("Skylark", [Scope.READ_CONFIRMED]).token
    feedback = add_key("Skylark", [Scope.SEND_FEEDBACK]).token
    entry = list_picture(some_signals())
    sequence_pending()
    for path, operations in document()["paths"].items():
        (operation,) = operations.values()
        if "security" in operation:
            caller.ask(path, "0-2" if "{path}" in path else "")  # without a token
    for path in ("/log/v1/key", "/log/v1/checkpoint", "/log/v1/purpose", "/list/v1/openapi.json"):
        caller.ask(path)
    for path, end in (
        ("/log/v1/tile/entries/{path}", "000.p/2"),
        ("/log/v1/tile/{path}", "0/000.p/2"),
        ("/list/v1/openings/{path}", "0-2"),
    ):
        caller.ask(path, end, token)
        caller.ask(path, "nothing", token)
    caller.ask("/list/v1/openings/{path}", "0-2", feedback)
    caller.ask("/list/v1/health", "", token)
    caller.ask("/list/v1/wait", "?size=0", token)
    caller.ask("/list/v1/wait", "?size=9&seconds=0", token)
    for query in ("?size=x", "?seconds=x"):
        assert caller.ask("/list/v1/wait", query, token).status_code == 400
    caller.ask("/list/v1/events", "", token)
    refused = caller.ask("/list/v1/events", "", token, headers={"Last-Event-ID": "x"})
    assert refused.status_code == 400
    with monkeypatch.context() as full:
        full.setattr(streams, "MOST_STREAMS", 0)
        refused = caller.ask("/list/v1/events", "", token)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    item = {"id": "00000000-0000-4000-8000-000000000000", "entry": entry, "value": "blocked"}
    batch = {"feedback": [{**item, "time": "2026-03-01T00:00:00Z"}]}
    for key, body in ((token, batch), (token, {}), (reading, batch)):
        caller.ask("/list/v1/feedback", "", key, body=body)
    size, note = log_access.current_checkpoint()
    known = acknowledgement(size, note)
    for key, body in (
        (token, known),
        (token, {}),
        (token, {**known, "size": size + 1}),
        (feedback, known),
    ):
        caller.ask("/list/v1/acknowledgement", "", key, body=body)
    for key, shown in (
        (token, note),
        (token, b"no note"),
        (token, bytes(70_000)),
        (feedback, note),
    ):
        caller.ask("/list/v1/checkpoint", "", key, body=shown)
    yield from caller.answers
    with monkeypatch.context() as crowded:
        crowded.setattr(places, "_places", Turns(0, 0))
        for path, operations in document()["paths"].items():
            yield from (answer_in_a_crowd(path, method) for method in operations)


def answer_in_a_crowd(path: str, method: str) -> Answer:
    browser = Browser()
    request = scope(path.replace("{path}", "x"), method.upper())
    browser.ask(application, request)
    start = browser.answered[0]
    headers = dict(start["headers"])
    assert int(headers[b"retry-after"]) > 0
    return Answer(path, method, start["status"], headers[b"content-type"].decode())


def acknowledgement(size: int, note: bytes) -> dict[str, Any]:
    root = base64.b64decode(note.decode().split("\n")[2])
    return {"size": size, "root": root.hex()}


def test_each_answer_described_is_given_and_each_given_is_described(
    hotline_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(answers_given(monkeypatch)) == described() - {
        Answer(*promise) for promise in PROMISED_IN_VAIN
    }
