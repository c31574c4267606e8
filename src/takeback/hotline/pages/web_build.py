"""What Vite built from `web/`: finds a module's script and style by name, and serves the files."""

import gzip
import json
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.http import Http404, HttpRequest, HttpResponse

from takeback.hotline.pages.for_everybody import accepts_gzip
from takeback.hotline.pages.methods import methods

_MANIFEST = Path(".vite") / "manifest.json"
_SMALLEST_GZIP_BYTES = 512
# The machine's own table of types may lack or rename these, and a worker needs the right one.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}


class WebBuildMissingError(FileNotFoundError):
    """The browser code is not built, or lacks what a page asks for; the message says what to do."""


@dataclass(frozen=True)
class BuiltFile:
    """One file of the build, whole in memory: there are few and they are small."""

    data: bytes
    gzipped: bytes | None
    media_type: str


@dataclass(frozen=True)
class WebBuild:
    """The build: `assets` gives the address of `reporter.js`, `files` the bytes of each path.

    `imports`: the addresses of what a script imports, so that a page can ask for them at once.
    """

    assets: dict[str, str]
    imports: dict[str, tuple[str, ...]]
    files: dict[str, BuiltFile]


def web_build() -> WebBuild:
    """The build in the folder `TAKEBACK_WEB_DIST`, read again after each build.

    Raises WebBuildMissingError when it was never built.
    """
    manifest = Path(settings.WEB_DIST) / _MANIFEST
    try:
        built = manifest.stat().st_mtime_ns
    except FileNotFoundError as error:
        raise WebBuildMissingError(
            f"{manifest} is missing. Build the browser code with `make setup`, or set "
            "TAKEBACK_WEB_DIST to the folder that Vite wrote."
        ) from error
    return _read(Path(settings.WEB_DIST), built)


@lru_cache(maxsize=1)
def _read(folder: Path, _built: int) -> WebBuild:
    assets: dict[str, str] = {}
    imports: dict[str, tuple[str, ...]] = {}
    chunks = json.loads((folder / _MANIFEST).read_text())
    for chunk in chunks.values():
        if not chunk.get("isEntry"):
            continue
        name = f"{chunk['name']}.js"
        assets[name] = settings.STATIC_URL + chunk["file"]
        imported = (chunks[key]["file"] for key in chunk.get("imports", []))
        imports[name] = tuple(settings.STATIC_URL + file for file in imported)
        for style in chunk.get("css", []):
            assets[f"{chunk['name']}.css"] = settings.STATIC_URL + style
    files = {
        path.relative_to(folder).as_posix(): _built_file(path)
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }
    return WebBuild(assets, imports, files)


def _built_file(path: Path) -> BuiltFile:
    data = path.read_bytes()
    gzipped = gzip.compress(data, mtime=0) if len(data) >= _SMALLEST_GZIP_BYTES else None
    if gzipped is not None and len(gzipped) >= len(data):
        gzipped = None
    guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return BuiltFile(data, gzipped, _TYPES.get(path.suffix, guessed))


def asset_url(name: str) -> str:
    """The address of a built entry such as `reporter.js` or `reporter.css`.

    Raises WebBuildMissingError when the build lacks it.
    """
    try:
        return web_build().assets[name]
    except KeyError as error:
        raise WebBuildMissingError(
            f"The browser code has no {name}. Build it again with `make setup`."
        ) from error


def imports_of(name: str) -> tuple[str, ...]:
    """The addresses of what the built entry `name` imports. Raises WebBuildMissingError."""
    asset_url(name)
    return web_build().imports[name]


@methods("GET")
def built_file(request: HttpRequest, path: str) -> HttpResponse:
    """Answer with a file of the build; only names that the build holds are known."""
    try:
        file = web_build().files[path]
    except (KeyError, WebBuildMissingError) as error:
        raise Http404 from error
    packed = file.gzipped if accepts_gzip(request) else None
    response = HttpResponse(packed or file.data, content_type=file.media_type)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response


@register()
def check_web_build(**_options: object) -> list[CheckMessage]:
    """Say at every start when the browser code is missing: the pages then work only in part."""
    try:
        asset_url("reporter.js")
    except WebBuildMissingError as error:
        return [
            Warning(
                "The pages run without their browser code: no style, and no pictures can be added.",
                hint=str(error),
                id="takeback.W001",
            )
        ]
    return []
