"""The operator's commands on the running stack, and a strict look at how a page is made."""

import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, ViewportSize

from takeback.demo.stack import Stack
from tests.e2e.page_rules import too_wide, violations


def operate(stack: Stack, *command: str) -> str:
    """A command of the operator, on the database of the running house."""
    url = (stack.state / "hotline" / "postgres").as_posix()
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://postgres@/postgres?host={url}",
        "TAKEBACK_STATE": str(stack.state / "hotline"),
        "TAKEBACK_PUBLIC_URL": stack.hotline_url,
    }
    whole = [sys.executable, "-m", "takeback", "hotline", *command]
    return subprocess.run(whole, env=environment, capture_output=True, text=True, check=True).stdout


def look_at(page: Page, name: str, pictures: Path | None) -> None:
    """Axe finds nothing, and nothing is wider than a phone."""
    assert violations(page, name) == []
    for size in (ViewportSize(width=360, height=740), ViewportSize(width=1280, height=900)):
        page.set_viewport_size(size)
        assert too_wide(page, name) == []
        if pictures:
            page.screenshot(path=pictures / f"{name}-{size['width']}.png", full_page=True)
