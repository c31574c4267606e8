"""A small build of browser code, laid out as Vite does."""

import json
from pathlib import Path

from pytest_django import Settings

SCRIPT = b"// a script that is long enough to be worth compressing\n" * 40


def build(settings: Settings, folder: Path) -> None:
    """Lay out what Vite writes for an entry with a style, one that imports, and the kernel."""
    settings.WEB_DIST = folder
    (folder / ".vite").mkdir()
    (folder / "assets").mkdir()
    (folder / "assets" / "reporter-1.js").write_bytes(SCRIPT)
    (folder / "assets" / "reporter-1.css").write_bytes(b"p { margin: 0 }")
    (folder / "assets" / "pdq-1.wasm").write_bytes(b"\0asm\1\0\0\0")
    manifest = {
        "src/reporter/main.ts": {
            "file": "assets/reporter-1.js",
            "name": "reporter",
            "src": "src/reporter/main.ts",
            "isEntry": True,
            "css": ["assets/reporter-1.css"],
        },
        "src/reporter/steps.ts": {
            "file": "assets/steps-1.js",
            "name": "steps",
            "src": "src/reporter/steps.ts",
            "isEntry": True,
            "imports": ["_shared.js"],
        },
        "_shared.js": {"file": "assets/shared-1.js", "name": "shared"},
    }
    (folder / ".vite" / "manifest.json").write_text(json.dumps(manifest))
