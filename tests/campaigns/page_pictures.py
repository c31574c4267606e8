"""A picture of every young person's page, for people to look at: `make page-pictures`.

Each page is taken at 360 and 1280 px, light and dark, in each language asked for, from running
processes in Chromium. The files are named by language, width, scheme, place on the walk and page.

examples:
  python -m tests.campaigns.page_pictures var/page-pictures
  python -m tests.campaigns.page_pictures var/page-pictures --languages en --widths 360
"""

import argparse
import re
import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from takeback.demo.photographs import find_photographs
from takeback.demo.stack import Stack, free_ports
from tests.chromium import LAUNCH
from tests.e2e.walking import every_page

_HEIGHTS: Final = {360: 740, 1280: 900}
_Scheme = Literal["light", "dark"]
_SCHEMES: Final[tuple[_Scheme, ...]] = ("light", "dark")


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the pictures and say where they are."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--languages", nargs="+", default=["en", "ar", "bn"])
    parser.add_argument("--widths", nargs="+", type=int, default=[360, 1280], choices=_HEIGHTS)
    parser.add_argument("--schemes", nargs="+", default=_SCHEMES, choices=_SCHEMES)
    parser.add_argument("--photograph", type=Path, help="a harmless photograph to report")
    options = parser.parse_args(arguments)
    photograph = options.photograph or find_photographs(Path("var/photographs"))[0]
    options.folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with (
        tempfile.TemporaryDirectory(prefix="takeback-pictures-") as state,
        Stack(Path(state), ports=free_ports()) as stack,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(**LAUNCH)
        for language, width, scheme in product(options.languages, options.widths, options.schemes):
            start = stack.hotline_url + ("/" if language == "en" else f"/{language}/")
            name = f"{language}-{width}-{scheme}"
            count += _take(browser, start, width, scheme, photograph, options.folder / name)
    print(f"{count} pictures are in {options.folder}.")
    return 0


def _take(
    browser: Browser, start: str, width: int, scheme: _Scheme, photograph: Path, prefix: Path
) -> int:
    size = ViewportSize(width=width, height=_HEIGHTS[width])
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    number = 0
    for number, name in enumerate(every_page(page, start, photograph), start=1):
        dull = re.sub(r"[^a-z0-9]+", "-", name).strip("-") or "start"
        page.screenshot(path=f"{prefix}-{number:02}-{dull}.png", full_page=False)
    context.close()
    return number


if __name__ == "__main__":
    raise SystemExit(main())
