"""The desk in a real browser with a real (virtual) authenticator: invited, in, decided."""

import json
import os
import uuid
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, expect

from takeback.demo.stack import Stack
from tests.e2e.operating import look_at, operate

pytestmark = pytest.mark.e2e


def _report_that_is_held(stack: Stack) -> None:
    """Send a report of a picture that looks blank, as a browser without our code would."""
    with requests.Session() as visitor:
        visitor.headers["Origin"] = stack.hotline_url
        page = visitor.post(f"{stack.hotline_url}/begin", timeout=30).text
        record = {
            "id": str(uuid.uuid4()),
            "kind": "picture",
            "pdq": "00" * 32,
            "quality": 100,
            "crops": [],
            "sha256": os.urandom(32).hex(),
            "md5": os.urandom(16).hex(),
        }
        for form in (
            {"step": "age", "age": "13_15"},
            {"step": "threat", "threat": "no"},
            {"step": "pictures", "pictures": json.dumps([record])},
            {"step": "send"},
        ):
            token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
            form["csrfmiddlewaretoken"] = token
            page = visitor.post(f"{stack.hotline_url}/report", form, timeout=30).text
        assert "It is sent" in page


def test_invited_registered_logged_in_and_a_held_entry_released(
    stack: Stack, browser: Browser
) -> None:
    shown = os.environ.get("TAKEBACK_DESK_PICTURES")
    pictures = Path(shown) if shown else None
    _report_that_is_held(stack)
    link = json.loads(operate(stack, "staff", "invite", "Ana Example", "--role", "lead", "--json"))[
        "link"
    ]
    context = browser.new_context()
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    page.goto(link)
    look_at(page, "desk-join", pictures)
    page.get_by_role("button", name="Make my passkey").click()
    expect(page.get_by_role("heading", name="What waits")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    look_at(page, "desk-login", pictures)
    page.get_by_role("button", name="Log in with your passkey").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What waits")).to_be_visible()
    held = page.get_by_role("link", name="Close to a well-known lawful picture")
    expect(held).to_have_count(1)
    look_at(page, "desk-queue", pictures)
    held.click()
    look_at(page, "desk-entry", pictures)
    release = page.get_by_role("button", name="Put it on the list")
    release.click()
    expect(page.get_by_role("alert")).to_contain_text("Pick a reason.")
    page.get_by_role("group", name="Put it on the list, because:").get_by_label(
        "it is another picture"
    ).check()
    release.click()
    expect(page.get_by_role("heading", name="Before they go out (0)")).to_be_visible()

    page.goto(link)
    expect(page.get_by_role("heading", name="This link has ended")).to_be_visible()
    operate(stack, "staff", "remove", "Ana Example")
    assert "removed, 0 passkeys" in operate(stack, "staff", "list")
    page.goto(link.split("/join/")[0] + "/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.get_by_role("button", name="Log in with your passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("The passkey was not accepted")
    context.close()
