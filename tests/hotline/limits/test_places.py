"""A request holds a place while it is worked on, and neither before, nor after, nor in between."""

import asyncio

import pytest
from asgiref.sync import sync_to_async

from takeback.hotline.config.asgi import application
from takeback.hotline.limits import places
from takeback.hotline.limits.places import place_given_back, with_a_place
from takeback.hotline.limits.turns import NoTurnError, Turns
from takeback.running.bodies import Message, Receive, Scope, Send
from tests.support.asgi_browser import Browser, scope

START = {"type": "http.response.start", "status": 200, "headers": []}
END = {"type": "http.response.body", "body": b""}


async def turn_of_the_loop() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_places", Turns(1, 2))


def test_a_slow_sender_and_a_slow_reader_hold_no_place() -> None:
    at_work: list[str] = []
    read_on = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        at_work.append(scope["path"])
        await send(START)

    async def walk() -> None:
        answering = with_a_place(app)
        slow_sender, slow_reader, third = Browser(), Browser().finish(), Browser().finish()

        async def send_slowly(message: Message) -> None:
            await read_on.wait()

        sending = asyncio.ensure_future(
            answering(scope("/sends"), slow_sender.incoming.get, slow_sender.send)
        )
        reading = asyncio.ensure_future(
            answering(scope("/reads"), slow_reader.incoming.get, send_slowly)
        )
        await turn_of_the_loop()
        await asyncio.wait_for(answering(scope("/third"), third.incoming.get, third.send), 30)
        assert at_work == ["/reads", "/third"]
        assert not sending.done()
        assert not reading.done()
        read_on.set()
        slow_sender.finish()
        await asyncio.gather(sending, reading)
        assert at_work[-1] == "/sends"

    asyncio.run(walk())


def test_one_works_at_a_time_and_a_thread_that_waits_elsewhere_makes_room() -> None:
    order: list[str] = []
    elsewhere, back = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()

        def view() -> None:
            order.append(f"{scope['path']} begins")
            if scope["path"] == "/waits":
                with place_given_back():
                    asyncio.run_coroutine_threadsafe(_set(elsewhere), loop).result(30)
                    asyncio.run_coroutine_threadsafe(back.wait(), loop).result(30)
            order.append(f"{scope['path']} ends")

        await receive()
        await sync_to_async(view, thread_sensitive=False)()
        if scope["path"] == "/other":
            back.set()
            for _ in range(5):  # the one who waited has to go on waiting, for the place
                await asyncio.sleep(0.01)
            order.append("/other answers")
        await send(START)

    async def walk() -> None:
        answering = with_a_place(app)
        browsers = [Browser().finish() for _ in range(2)]
        waits = asyncio.ensure_future(
            answering(scope("/waits"), browsers[0].incoming.get, browsers[0].send)
        )
        await asyncio.wait_for(elsewhere.wait(), 30)
        other = answering(scope("/other"), browsers[1].incoming.get, browsers[1].send)
        await asyncio.wait_for(asyncio.gather(other, waits), 60)

    asyncio.run(walk())
    assert order == [
        "/waits begins",
        "/other begins",
        "/other ends",
        "/other answers",
        "/waits ends",
    ]


def test_who_leaves_while_waiting_is_not_worked_on_unless_something_was_sent() -> None:
    worked_on: list[str] = []
    go_on = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if (await receive())["type"] == "http.disconnect":
            return
        worked_on.append(f"{scope['method']} {scope['path']}")
        await go_on.wait()
        await send(START)

    async def walk() -> None:
        answering = with_a_place(app)
        browsers = [Browser().finish() for _ in range(3)]
        requests = [scope("/first"), scope("/looks"), scope("/sends", "POST")]
        tasks = [
            asyncio.ensure_future(answering(request, browser.incoming.get, browser.send))
            for request, browser in zip(requests, browsers, strict=True)
        ]
        await turn_of_the_loop()
        for browser in browsers[1:]:
            browser.leave()
        await turn_of_the_loop()
        go_on.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 30)

    asyncio.run(walk())
    assert worked_on == ["GET /first", "POST /sends"]


def test_a_place_comes_back_from_an_application_that_fails_or_is_cancelled() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["path"] == "/fails":
            raise ValueError
        if scope["path"] == "/hangs":
            await asyncio.Event().wait()
        await send(START)

    async def walk() -> None:
        answering = with_a_place(app)

        async def ask(path: str) -> Browser:
            browser = Browser().finish()
            await answering(scope(path), browser.incoming.get, browser.send)
            return browser

        with pytest.raises(ValueError):
            await ask("/fails")
        hangs = asyncio.ensure_future(ask("/hangs"))
        await turn_of_the_loop()
        waits = asyncio.ensure_future(ask("/waits"))
        await turn_of_the_loop()
        waits.cancel()
        hangs.cancel()
        await asyncio.gather(hangs, waits, return_exceptions=True)
        assert (await asyncio.wait_for(ask("/last"), 30)).answered == [START]

    asyncio.run(walk())


def test_who_waits_in_vain_is_told_before_anything_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(places, "WAIT_SECONDS", 0.01)
    monkeypatch.setattr(places, "_places", Turns(0, 2))

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(START)

    async def walk() -> None:
        browser = Browser().finish()
        with pytest.raises(NoTurnError):
            await with_a_place(app)(scope(), browser.incoming.get, browser.send)
        assert not browser.answered

    asyncio.run(walk())


@pytest.mark.parametrize(
    ("path", "method", "words"),
    [
        ("/", "GET", b"Many people are here just now"),
        ("/report", "POST", b"Please wait a minute. Then try again"),
        ("/report", "POST with a visit", b"Your answers are kept"),
        ("/cy/report", "POST with a visit", b'href="/cy/report"'),
        ("/open", "POST with a visit", b"Please wait a minute. Then try again"),
        ("/nowhere/\u00e9", "GET", b"Many people are here just now"),
        ("/cy/open", "GET", b'lang="cy"'),
        ("/ar/", "GET", b'dir="rtl"'),
        ("/desk/login", "GET", b"Many people are here just now"),
        ("/log/v1/checkpoint", "GET", b'"error": "busy"'),
        ("/feeds/ncmec/v2/entries", "GET", b'"error": "busy"'),
        ("/open", "HEAD", b""),
    ],
)
def test_the_answer_is_503_with_retry_after_in_the_language_and_shape_of_its_address(
    path: str, method: str, words: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "WAIT_SECONDS", 0.01)
    monkeypatch.setattr(places, "_places", Turns(0, 2))
    browser = Browser()
    method, _, visit = method.partition(" ")
    request = scope(path, method)
    if visit:
        request["headers"].append((b"cookie", b"s=" + b"A" * 43))
    browser.ask(application, request)
    start, body = browser.answered
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    assert start["status"] == 503
    assert int(headers["retry-after"]) > 0
    assert headers["cache-control"] == "no-store"
    assert "content-security-policy" in headers
    assert "set-cookie" not in headers
    assert words in body["body"]


def test_whoever_asks_how_the_hotline_is_waits_for_no_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(places, "_places", Turns(0, 0))
    browser = Browser()
    browser.ask(application, scope("/healthz", "GET"))
    assert b'"database"' in browser.answered[1]["body"]


async def _set(event: asyncio.Event) -> None:
    event.set()
