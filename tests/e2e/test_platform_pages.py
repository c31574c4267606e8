"""A platform's engineer in a real browser: from the operator's link to a key that is taken."""

import json
import os
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, expect

from takeback.demo.stack import Stack
from tests.e2e.operating import look_at, operate

pytestmark = pytest.mark.e2e


def test_an_engineer_makes_a_key_by_keyboard(stack: Stack, browser: Browser) -> None:
    shown = os.environ.get("TAKEBACK_DESK_PICTURES")
    pictures = Path(shown) if shown else None
    link = json.loads(operate(stack, "platform", "invite", "Heron", "--json"))["link"]
    page = browser.new_context().new_page()
    page.goto(link)
    look_at(page, "platform-join", pictures)
    page.get_by_role("button", name="Make the key").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Say how people review matches")
    look_at(page, "platform-look-again", pictures)
    page.get_by_role("link", name="Say how people review matches").click()
    page.get_by_label("How do people at your place review matches?").fill("Two people look.")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("heading", name="The key of Heron")).to_be_visible()
    look_at(page, "platform-key", pictures)
    token = page.locator("#key").inner_text()
    answer = requests.get(
        f"{stack.hotline_url}/list/v1/openings/0-1",
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    assert answer.status_code == 200
    page.goto(f"{stack.hotline_url}/platforms/")
    page.get_by_label("A key of your platform").fill("tb1_none")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Send a token of this hotline")
    look_at(page, "platform-login", pictures)
    page.get_by_label("A key of your platform").fill(token)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="How Heron is doing")).to_be_visible()
    look_at(page, "platform-health", pictures)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    page.goto(link)
    expect(page.get_by_role("heading", name="This link has ended")).to_be_visible()
    page.context.close()
