"""A cheap phone on a bad connection, emulated in Chromium."""

from typing import Final

from playwright.sync_api import BrowserContext, Page

CPU_SLOWER: Final = 6
KBIT_PER_SECOND: Final = 400
LATENCY_MS: Final = 400


def slow_down(context: BrowserContext, page: Page) -> None:
    """Let `page` run on a CPU 6 times slower, over 400 kbit/s and 400 ms, with an empty cache."""
    devtools = context.new_cdp_session(page)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWER})
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": False})
    bytes_per_second = KBIT_PER_SECOND * 1000 / 8
    devtools.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY_MS,
            "downloadThroughput": bytes_per_second,
            "uploadThroughput": bytes_per_second,
        },
    )
