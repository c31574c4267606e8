"""Proxies stand before a real hotline on a database of its own; importing it sets Django up."""

import pytest

from tests.support.database import _nobody_has_asked_before, hotline_database

__all__ = ["_nobody_has_asked_before", "hotline_database"]


@pytest.fixture(autouse=True)
def _django_beside_playwright(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop in this thread, where Django would refuse to read rows."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
