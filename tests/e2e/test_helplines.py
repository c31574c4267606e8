"""Helplines in Chromium: those of the country whose clock the browser has, and no others."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, expect

from takeback.demo.stack import Stack

pytestmark = pytest.mark.e2e

_PHONE = ViewportSize(width=360, height=740)


@contextmanager
def _in_zone(browser: Browser, zone: str, *, scripts: bool = True) -> Iterator[BrowserContext]:
    context = browser.new_context(timezone_id=zone, viewport=_PHONE, java_script_enabled=scripts)
    try:
        yield context
    finally:
        context.close()


def _card(page: Page) -> Callable[[str], object]:
    card = page.locator("[data-helplines=card]")
    return lambda country: expect(card).to_have_attribute("data-country", country)


@pytest.mark.parametrize(
    ("zone", "country", "number", "emergency"),
    [
        ("Europe/Vienna", "AT", "tel:147", ["tel:112", "tel:133"]),
        ("Asia/Calcutta", "IN", "tel:1098", ["tel:112"]),
        ("America/Chicago", "US", "tel:18004224453", ["tel:911"]),
    ],
)
@pytest.mark.parametrize("path", ["/", "/threatened", "/helplines", "/ar/threatened"])
def test_helplines_are_those_of_the_country_whose_clock_the_browser_has(
    browser: Browser,
    stack: Stack,
    zone: str,
    country: str,
    number: str,
    emergency: list[str],
    path: str,
) -> None:
    with _in_zone(browser, zone) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(stack.hotline_url + path)
        _card(page)(country)
        for part in page.locator("[data-helplines]").all():
            addresses = part.locator("a").evaluate_all("all => all.map((a) => a.href)")
            assert "tel:999" not in addresses
            is_one_call = part.get_attribute("data-helplines") == "listen"
            assert is_one_call or set(emergency) <= set(addresses)
            assert number in addresses or part.get_attribute("data-helplines") == "police"
        assert complaints == [], "the content security policy has nothing to say either"
        assert context.cookies() == []
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_at_home_nothing_more_is_asked_for(browser: Browser, stack: Stack) -> None:
    with _in_zone(browser, "Europe/London") as context:
        page = context.new_page()
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        page.goto(stack.hotline_url)
        page.wait_for_load_state("networkidle")
        assert not [url for url in requested if "zone" in url or "/parts" in url]
        _card(page)("GB")


def test_the_zone_itself_is_told_to_nobody(browser: Browser, stack: Stack) -> None:
    with _in_zone(browser, "Europe/Vienna") as context:
        page = context.new_page()
        requested: list[str] = []
        page.on("request", lambda request: requested.append(f"{request.url} {request.post_data}"))
        page.goto(stack.hotline_url)
        _card(page)("AT")
        assert [url for url in requested if "/helplines/at/parts" in url]
        assert not [url for url in requested if "Vienna" in url]


@pytest.mark.parametrize("zone", ["UTC", "Antarctica/Troll"])
def test_an_unknown_clock_keeps_the_operators_country_and_offers_the_world(
    browser: Browser, stack: Stack, zone: str
) -> None:
    with _in_zone(browser, zone) as context:
        page = context.new_page()
        page.goto(stack.hotline_url)
        expect(page.locator("[data-helplines-elsewhere] a")).to_be_visible()
        _card(page)("GB")


def test_without_javascript_the_operators_country_stands(browser: Browser, stack: Stack) -> None:
    with _in_zone(browser, "Europe/Vienna", scripts=False) as context:
        page = context.new_page()
        page.goto(f"{stack.hotline_url}/threatened")
        _card(page)("GB")
        expect(page.locator(".app-call .app-call__button")).to_have_attribute(
            "href", "tel:08001111"
        )
        page.locator(".app-helplines summary").click()
        expect(page.locator(".app-in-danger a")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ar", "bn", "de"])
@pytest.mark.parametrize("scripts", [True, False])
def test_another_country_is_two_taps_away_and_nothing_is_unfolded_first(
    browser: Browser, stack: Stack, language: str, scripts: bool
) -> None:
    prefix = "" if language == "en" else f"/{language}"
    with _in_zone(browser, "Europe/London", scripts=scripts) as context:
        page = context.new_page()
        page.goto(f"{stack.hotline_url}{prefix}/")
        others = page.locator(".app-helplines__elsewhere a:visible")
        beside = page.locator(".app-helplines summary").bounding_box()
        box = others.bounding_box()
        assert beside is not None
        assert box is not None
        assert box["y"] == pytest.approx(beside["y"], abs=1), "in one line with what unfolds"
        assert box["height"] >= 44
        others.click()
        page.locator(f".app-countries a[href='{prefix}/helplines/nz']").click()
        expect(page.locator("main .app-lines a[href='tel:111']")).to_be_visible()


def test_a_chosen_country_stays_what_was_chosen(browser: Browser, stack: Stack) -> None:
    with _in_zone(browser, "Europe/Vienna") as context:
        page = context.new_page()
        page.goto(f"{stack.hotline_url}/helplines/nz")
        _card(page)("AT")
        expect(page.locator("main .app-lines a[href='tel:111']")).to_be_visible()


def test_the_exchange_moves_nothing_under_a_thumb_and_waits_for_the_focus(
    browser: Browser, stack: Stack
) -> None:
    with _in_zone(browser, "Europe/Vienna") as context:
        page = context.new_page()
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        page.route("**/parts", hold)
        with page.expect_request("**/parts"):
            page.goto(f"{stack.hotline_url}/threatened")
        call = page.locator(".app-call .app-call__button")
        call.focus()
        below = page.locator(".app-call + *")
        before = below.bounding_box()
        assert before is not None
        held[0].continue_()
        _card(page)("AT")
        expect(call).to_have_attribute("href", "tel:08001111")
        call.evaluate("(button) => button.blur()")
        expect(call).to_have_attribute("href", "tel:147")
        after = below.bounding_box()
        assert after is not None
        assert after["y"] == pytest.approx(before["y"], abs=1)
