"""Every route × every method: status, and each header exactly. A route without a row fails."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from asgiref.testing import ApplicationCommunicator
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from takeback.hotline.config.asgi import application
from takeback.hotline.config.settings import LANGUAGES
from takeback.hotline.foundation.headers import Surface, headers_for
from takeback.hotline.platforms.actions import add_platform
from tests.support.visiting import ORIGIN, Visitor
from tests.support.web_build import build

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")

PERMISSIONS = (
    "clipboard-write=(self), accelerometer=(), "
    "autoplay=(), browsing-topics=(), camera=(), display-capture=(), "
    "encrypted-media=(), fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), "
    "identity-credentials-get=(), idle-detection=(), local-fonts=(), magnetometer=(), "
    "microphone=(), midi=(), otp-credentials=(), payment=(), picture-in-picture=(), "
    "publickey-credentials-create=(), publickey-credentials-get=(), screen-wake-lock=(), "
    "serial=(), storage-access=(), usb=(), window-management=(), "
    "xr-spatial-tracking=()"
)
COMMON = {
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Permissions-Policy": PERMISSIONS,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
PAGES_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
FINGERPRINTS_CSP = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types takeback"
)
STATIC_CSP = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
API_CSP = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

PAGES = COMMON | {
    "Content-Security-Policy": PAGES_CSP,
    "Cache-Control": "no-store",
    "Vary": "Accept-Encoding, Accept-Language, Cookie",
}
# None of them is ever compressed.
FINGERPRINTS = PAGES | {
    "Content-Security-Policy": FINGERPRINTS_CSP,
    "Vary": "Accept-Language, Cookie",
}
DESK = COMMON | {
    "Content-Security-Policy": PAGES_CSP,
    "Cache-Control": "no-store",
    "Vary": "Cookie",
    "Permissions-Policy": PERMISSIONS.replace("-create=()", "-create=(self)").replace(
        "publickey-credentials-get=()", "publickey-credentials-get=(self)"
    ),
}
STATIC = COMMON | {"Content-Security-Policy": STATIC_CSP, "Vary": "Accept-Encoding"}
STATIC_FOUND = STATIC | {"Cache-Control": "public, max-age=31536000, immutable"}
STATIC_MISSING = STATIC | {"Cache-Control": "no-store"}
API = COMMON | {"Content-Security-Policy": API_CSP, "Cache-Control": "no-store"}

# What a response says of itself; everything else must stand in the tables above.
OWN = {
    "Content-Type",
    "Content-Length",
    "Content-Language",
    "Location",
    "Allow",
    "WWW-Authenticate",
    "ETag",
}

# Route name: (path, status by GET, status by a POST without anything, table).
ROUTES: dict[str, tuple[str, int, int, dict[str, str]]] = {
    "static": ("/static/nothing.js", 404, 405, STATIC_MISSING),
    "icon": ("/icon.svg", 200, 405, PAGES),
    "favicon": ("/favicon.ico", 200, 405, PAGES),
    "robots": ("/robots.txt", 200, 405, PAGES),
    "healthz": ("/healthz", 200, 405, API),
    "log-key": ("/log/v1/key", 200, 405, API),
    "log-checkpoint": ("/log/v1/checkpoint", 200, 405, API),
    "log-purpose": ("/log/v1/purpose", 404, 405, API),
    "log-entries": ("/log/v1/tile/entries/000", 404, 405, API),
    "log-tile": ("/log/v1/tile/0/000", 404, 405, API),
    "list-openings": ("/list/v1/openings/0-1", 401, 405, API),
    "list-openapi": ("/list/v1/openapi.json", 200, 405, API),
    "list-events": ("/list/v1/events", 401, 405, API),
    "list-checkpoint": ("/list/v1/checkpoint", 405, 401, API),
    "list-health": ("/list/v1/health", 401, 405, API),
    "list-wait": ("/list/v1/wait", 401, 405, API),
    "list-feedback": ("/list/v1/feedback", 405, 401, API),
    "list-acknowledgement": ("/list/v1/acknowledgement", 405, 401, API),
    "stopncii-fetch": ("/feeds/stopncii/v1/FetchHashes", 401, 405, API),
    "stopncii-feedback": ("/feeds/stopncii/v1/SubmitFeedback", 405, 401, API),
    "stopncii-hashes": ("/feeds/stopncii/v1/SubmitHashes", 405, 401, API),
    "ncmec-status": ("/feeds/ncmec/v2/status", 401, 405, API),
    "ncmec-members": ("/feeds/ncmec/v2/members", 401, 405, API),
    "ncmec-entries": ("/feeds/ncmec/v2/entries", 401, 405, API),
    "ncmec-reasons": ("/feeds/ncmec/v2/feedback/PDQ/reasons", 401, 405, API),
    "ncmec-feedback": ("/feeds/ncmec/v2/entries/1/e/PDQ/feedback", 405, 405, API),
    "graph-updates": ("/feeds/graph/v1/1/threat_updates/", 401, 405, API),
    "graph-groups": ("/feeds/graph/v1/1/threat_privacy_groups_member", 401, 405, API),
    "graph-node": ("/feeds/graph/v1/1/", 401, 401, API),
    "start": ("/", 200, 405, PAGES),
    "begin": ("/begin", 405, 303, PAGES),
    "begun": ("/begun", 200, 405, PAGES),
    "report": ("/report", 303, 303, PAGES),
    "open": ("/open", 200, 422, FINGERPRINTS),
    "case": ("/case", 303, 405, PAGES),
    "case-pictures": ("/case/pictures", 303, 303, PAGES),
    "case-addresses": ("/case/addresses", 303, 303, PAGES),
    "case-apps": ("/case/apps", 303, 303, PAGES),
    "case-picture-stop": ("/case/picture/1/stop", 303, 303, PAGES),
    "withdraw": ("/case/withdraw", 303, 303, PAGES),
    "withdrawn": ("/withdrawn", 303, 405, PAGES),
    "helplines": ("/helplines", 200, 405, PAGES),
    "helplines-country": ("/helplines/nz", 200, 405, PAGES),
    "helpline-parts": ("/helplines/nz/parts", 200, 405, PAGES),
    "threatened": ("/threatened", 200, 405, PAGES),
    "reach": ("/reach", 200, 405, PAGES),
    "reach-country": ("/reach/nz", 200, 405, PAGES),
    "grown-ups": ("/grown-ups", 200, 405, PAGES),
    "privacy": ("/privacy", 200, 405, PAGES),
    "accessibility": ("/accessibility", 200, 405, PAGES),
    "desk": ("/desk/", 303, 405, DESK),
    "desk-login": ("/desk/login", 200, 422, DESK),
    "desk-logout": ("/desk/logout", 405, 303, DESK),
    "desk-join": ("/desk/join/nothing", 404, 404, DESK),
    "desk-entry": ("/desk/entries/nothing", 303, 303, DESK),
    "desk-appeal": (f"/desk/appeals/{'0' * 8}-0000-4000-8000-{'0' * 12}", 303, 303, DESK),
    "platform": ("/platforms/", 303, 405, PAGES),
    "platform-login": ("/platforms/login", 200, 422, PAGES),
    "platform-logout": ("/platforms/logout", 405, 303, PAGES),
    "test-picture": ("/platforms/test-pictures/1.png", 404, 405, PAGES),
    "platform-join": ("/platforms/join/nothing", 404, 404, PAGES),
    "appeal": ("/appeal", 200, 422, PAGES),
    "appeal-answer": ("/appeal/answer", 200, 422, PAGES),
    "figures": ("/figures", 200, 405, PAGES),
    "figures-json": ("/figures.json", 200, 405, PAGES),
    "ended": ("/ended", 200, 405, PAGES),
    "leave": ("/leave", 303, 405, PAGES | {"Clear-Site-Data": '"cookies", "storage"'}),
}
PUTS = {"ncmec-feedback"}
KEPT = {"log-key", "log-checkpoint"}
"""Routes whose answer a cache may keep, if it asks each time whether it still holds."""
LEAVES = {
    "report",
    "case",
    "case-pictures",
    "case-addresses",
    "case-apps",
    "case-picture-stop",
    "withdraw",
}
"""Routes that send a browser without a session to the neutral site, as leaving does."""


def routes(patterns: list[URLPattern | URLResolver] | None = None) -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)
        else:
            yield str(pattern.name)


def own_headers_removed(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in OWN}


def test_every_route_has_a_row_in_the_table_of_headers() -> None:
    assert set(routes()) == set(ROUTES)


@pytest.mark.django_db
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", sorted(ROUTES))
def test_headers_are_exactly_those_of_the_table(route: str, method: str) -> None:
    path, get, post, table = ROUTES[route]
    put = 401 if route in PUTS else 405
    expected_status = {"GET": get, "HEAD": get, "POST": post, "PUT": put}.get(method, 405)
    answer = Client().generic(method, path, headers=ORIGIN)
    if expected_status == 405:
        table = PAGES if table is FINGERPRINTS else table
        assert method not in answer.headers["Allow"].split(", ")
    elif expected_status == 303 and answer.headers["Location"].startswith("https://"):
        table = table | {"Clear-Site-Data": '"cookies", "storage"'}
    table = {n: v for n, v in table.items() if n != "Clear-Site-Data" or expected_status == 303}
    if route in KEPT and expected_status == 200:
        table = table | {"Cache-Control": "public, no-cache"}
    assert answer.status_code == expected_status
    assert own_headers_removed(dict(answer.headers)) == table


@pytest.mark.django_db
@pytest.mark.parametrize("code", [code for code, _ in LANGUAGES if code != "en"])
@pytest.mark.parametrize("route", ["start", "open", "privacy", "leave"])
def test_another_language_changes_no_header(route: str, code: str) -> None:
    path, status, _, table = ROUTES[route]
    answer = Client().get(f"/{code}{path}")
    assert answer.status_code == status
    assert answer.headers["Content-Language"] == code
    assert own_headers_removed(dict(answer.headers)) == table


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("steps", "table"),
    [
        (0, PAGES),
        (1, PAGES),
        (2, FINGERPRINTS),
        (3, PAGES),
        (4, FINGERPRINTS),
    ],
    ids=["age", "threat", "pictures", "instead", "send"],
)
def test_only_the_steps_that_need_workers_may_start_them(steps: int, table: dict[str, str]) -> None:
    visitor = Visitor().begin()
    answers = [
        {"step": "age", "age": "13_15"},
        {"step": "threat", "threat": "no"},
        {"step": "pictures", "lacks": "1"},
        {"step": "instead", "instead": "address", "js": "1"},
    ]
    for form in answers[:steps]:
        visitor.answer(**form)
    answer = visitor.client.get("/report")
    assert own_headers_removed(dict(answer.headers)) == table


@pytest.mark.django_db
def test_a_platforms_answers_carry_the_table_of_the_api() -> None:
    token = add_platform("Skylark")
    answer = Client().get(
        "/list/v1/wait?size=0&seconds=0", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 204
    assert own_headers_removed(dict(answer.headers)) == API


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status", "table"),
    [
        ("/nothing-here", 404, PAGES),
        ("/cy/nothing-here", 404, PAGES),
        ("/report/", 404, PAGES),
        ("/helplines/zz", 404, PAGES),
        ("/helplines/zz/parts", 404, PAGES),
        ("/reach/zz", 404, PAGES),
        ("/log/v1/nothing", 404, API),
        ("/static/../secrets", 404, STATIC_MISSING),
        ("/static/.vite/manifest.json", 404, STATIC_MISSING),
    ],
)
def test_what_is_not_there_says_so_with_the_same_headers(
    path: str, status: int, table: dict[str, str]
) -> None:
    answer = Client().get(path)
    assert answer.status_code == status
    assert own_headers_removed(dict(answer.headers)) == table


@pytest.mark.django_db
def test_a_wrong_host_and_a_failure_inside_have_calm_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = Client(raise_request_exception=False)
    wrong_host = client.get("/", headers={"Host": "evil.example"})
    monkeypatch.setattr(
        "takeback.hotline.intake.views.information.countries_by_name", lambda _: 1 / 0
    )
    broken = client.get("/helplines")
    for answer, status, says in ((wrong_host, 400, b"That did not work"), (broken, 500, b"broke")):
        assert answer.status_code == status
        assert says in answer.content
        assert b"Talk to someone" in answer.content
        assert own_headers_removed(dict(answer.headers)) == PAGES


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted(set(ROUTES) - {"begin", "desk-login", "platform-login"}))
def test_no_cookie_before_the_first_question(route: str) -> None:
    answer = Client().get(ROUTES[route][0])
    if route in LEAVES | {"leave"}:
        assert answer.headers["Location"] == "https://www.bbc.co.uk/weather"
        assert all(not morsel.value for morsel in answer.cookies.values()), "only taken away"
    else:
        assert not answer.cookies


@pytest.mark.django_db
def test_the_one_cookie_is_strict_and_ends_with_the_browser() -> None:
    answer = Client().post("/begin", headers=ORIGIN)
    assert list(answer.cookies) == ["s"]
    morsel = answer.cookies["s"]
    assert (morsel["samesite"], morsel["httponly"], morsel["path"]) == ("Strict", True, "/")
    assert (morsel["max-age"], morsel["expires"], morsel["domain"]) == ("", "", "")


@pytest.mark.django_db
def test_built_files_may_be_kept_for_ever(tmp_path: Path, settings: Settings) -> None:
    build(settings, tmp_path)
    answer = Client().get("/static/assets/reporter-1.js")
    assert answer.status_code == 200
    assert own_headers_removed(dict(answer.headers)) == STATIC_FOUND


def test_what_django_refuses_before_its_middleware_has_the_headers_too() -> None:
    async def ask() -> dict[str, str]:
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/report",
            "query_string": b"\xff",
            "headers": [(b"host", b"127.0.0.1")],
        }
        communicator = ApplicationCommunicator(application, scope)
        await communicator.send_input({"type": "http.request", "body": b""})
        start = await communicator.receive_output()
        await communicator.receive_output()
        await communicator.wait()
        assert start["status"] == 400
        return {name.decode(): value.decode() for name, value in start["headers"]}

    sent = {name.lower(): value for name, value in asyncio.run(ask()).items()}
    expected = {name.lower(): value for name, value in PAGES.items() if name != "Vary"}
    assert {name: sent.get(name) for name in expected} == expected


def test_an_encrypted_site_is_never_asked_for_in_the_open(settings: Settings) -> None:
    assert "Strict-Transport-Security" not in headers_for(Surface.PAGES)
    settings.PUBLIC_URL = "https://help.example"
    table = headers_for(Surface.PAGES)
    assert table["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
