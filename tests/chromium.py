"""How tests start Chromium: Debian's, cut off from everything but this machine."""

import os
from typing import Any, Final

LAUNCH: Final[dict[str, Any]] = {
    "executable_path": os.environ.get("CHROMIUM", "/usr/bin/chromium"),
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    ],
    # Playwright switches the back-forward cache off, and a Back-button test would pass falsely.
    "ignore_default_args": ["--disable-back-forward-cache"],
}
"""Arguments of Playwright's `launch`."""

PATIENCE_MS: Final = 20_000
"""How long `expect` waits: other tests run beside these, and no test measures time."""
