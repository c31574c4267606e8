"""Serves the built browser code on loopback with one page that holds nothing but the picker.

The headers are as strict as the hotline's, so that what works here works there.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

DIST: Final = Path(__file__).parents[2] / "web" / "dist"

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "require-trusted-types-for 'script'",
        "trusted-types takeback",
    )
)
_TYPES: Final = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".wasm": "application/wasm",
}
_PAGE: Final = """<!doctype html><html lang="en"><title>Step 3 of 5</title>
<link rel="stylesheet" href="/static/{style}">
<script type="module" src="/static/{script}"></script>
<form method="post" autocomplete="off"><div data-module="picture-picker" data-texts="{texts}">
<input type="file" multiple accept="image/*,video/*" data-picker-input>
<p role="status" data-picker-status></p><ul data-picker-list></ul>
<template data-picker-row><li><span data-video hidden>v</span> <span data-name></span>
<progress data-progress></progress><span data-state></span>
<button type="button" data-remove>x</button></li></template>
<input type="hidden" name="pictures" data-picker-value></div></form></html>"""
_TEXTS: Final = {
    key: key
    for key in (
        *("ready", "low_quality", "exact_only", "too_large", "guarded"),
        *("unreadable", "empty", "video", "refused"),
    )
} | {"working_video": "{percent} of it"}


def _page() -> bytes:
    manifest = json.loads((DIST / ".vite" / "manifest.json").read_text())
    entries = {chunk.get("name"): chunk for chunk in manifest.values()}
    page = _PAGE.format(
        style=entries["reporter"]["css"][0],
        script=entries["steps"]["file"],
        texts=escape(json.dumps(_TEXTS)),
    )
    return page.encode()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/":
            self._answer("text/html; charset=utf-8", _page())
        elif (file := DIST / path.removeprefix("/static/")).is_file():
            self._answer(_TYPES[file.suffix], file.read_bytes())
        else:
            self.send_error(404 if path != "/favicon.ico" else 204)

    def _answer(self, media_type: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output free of requests."""


@contextmanager
def picker_page() -> Iterator[str]:
    """Serve the page; yields its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()
