"""What the start page costs on a slow phone: bytes before the first paint, LCP, all bytes.

A phone in Chromium, CPU 6 times slower, 400 kbit/s and 400 ms, plain HTTP, empty cache, on a
running hotline. Bytes are what came over the network (headers included) until the first contentful
paint, and until the page was quiet; LCP is the largest contentful paint as Chromium reports it.

examples:
  python -m tests.campaigns.first_paint
  python -m tests.campaigns.first_paint --times 9 --path /open
"""

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from takeback.demo.stack import Stack, free_ports
from tests.campaigns.slow_phone import slow_down
from tests.chromium import LAUNCH

_PHONE: Final = ViewportSize(width=360, height=740)
_PAINTS: Final = """
() => new Promise(resolve => {
  const largest = new PerformanceObserver(() => undefined);
  largest.observe({ type: 'largest-contentful-paint', buffered: true });
  setTimeout(() => {
    const paints = performance.getEntriesByType('paint');
    const first = paints.find(paint => paint.name === 'first-contentful-paint');
    new PerformanceObserver(list => resolve({
      first: first ? first.startTime : null,
      largest: Math.max(...list.getEntries().map(entry => entry.startTime)),
      origin: performance.timeOrigin,
    })).observe({ type: 'largest-contentful-paint', buffered: true });
  }, 500);
})
"""


@dataclass(frozen=True)
class Cost:
    """One loading: milliseconds to both paints, kilobytes before the first and in all."""

    first_ms: float
    largest_ms: float
    first_kb: float
    all_kb: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Load the page several times and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--path", default="/")
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="takeback-paint-") as state,
        Stack(Path(state), ports=free_ports()) as stack,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(**LAUNCH)
        url = stack.hotline_url + options.path
        costs = [_load(browser, url) for _ in range(options.times)]
    for name in ("first_ms", "largest_ms", "first_kb", "all_kb"):
        values = [getattr(cost, name) for cost in costs]
        print(f"{name}: median {statistics.median(values):,.1f}, worst {max(values):,.1f}")
    return 0


def _load(browser: Browser, url: str) -> Cost:
    context = browser.new_context(viewport=_PHONE)
    page = context.new_page()
    slow_down(context, page)
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    arrived: list[tuple[float, float]] = []
    sizes: dict[str, float] = {}
    wall: list[float] = []

    def on_request(event: dict[str, float]) -> None:
        if not wall:
            wall.append(event["wallTime"] - event["timestamp"])

    def on_data(event: dict[str, float]) -> None:
        arrived.append((event["timestamp"], event["encodedDataLength"]))
        key = str(event["requestId"])
        sizes[key] = sizes.get(key, 0) + event["encodedDataLength"]

    def on_end(event: dict[str, float]) -> None:
        rest = event["encodedDataLength"] - sizes.get(str(event["requestId"]), 0)
        arrived.append((event["timestamp"], max(0.0, rest)))

    devtools.on("Network.requestWillBeSent", on_request)
    devtools.on("Network.dataReceived", on_data)
    devtools.on("Network.loadingFinished", on_end)
    page.goto(url, wait_until="networkidle")
    paints = page.evaluate(_PAINTS)
    painted_at = (paints["origin"] + paints["first"]) / 1000 - wall[0]
    first = sum(size for at, size in arrived if at <= painted_at)
    every = sum(size for _, size in arrived)
    context.close()
    return Cost(paints["first"], paints["largest"], first / 1000, every / 1000)


if __name__ == "__main__":
    raise SystemExit(main())
