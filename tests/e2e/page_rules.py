"""What no page may do: break axe's rules, be wider than its window, ask anybody else."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Request

_WCAG_22_AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def violations(page: Page, name: str) -> list[str]:
    """What axe finds against WCAG 2.2 AA on the page as it stands; each begins with `name`."""
    return [
        f"{name}: {violation['id']}: {violation['nodes'][0]['html'][:200]}"
        for violation in Axe().run(page, options=_WCAG_22_AA).response["violations"]
    ]


def too_wide(page: Page, name: str) -> list[str]:
    """How wide the page is, in CSS pixels, if it has to be scrolled sideways."""
    width, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return [f"{name}: {width} px wide"] if width > window else []


def asked_elsewhere(context: BrowserContext, hotline: str) -> list[str]:
    """A list that gets the address of every request from now on that is not for the hotline."""
    elsewhere: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((f"{hotline}/", "blob:")):
            elsewhere.append(request.url)

    context.on("request", note)
    return elsewhere
