"""Skylark, a small photo-sharing site: how a platform puts a Takeback gate before its uploads."""

import argparse
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from string import Template

from fastapi import FastAPI, Request, Response, UploadFile
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from takeback.gate import FeedbackValue, Gate, NoListError
from takeback.gate.check.wire import MatchAnswer
from takeback.media import DecoderBusy, MediaError, sniff
from takeback.running.serving import serve

PAGES = Path(__file__).parent / "pages"
HEADERS = json.loads((PAGES / "headers.json").read_text())


def page(name: str, *rows: str, status: int = 200, **values: object) -> HTMLResponse:
    """Make a page in the site's frame."""
    body = part(name, rows="".join(rows) or "<li>Nothing here yet.", **values)
    return HTMLResponse(part("frame", body=body), status)


def part(template: str, /, **values: object) -> str:
    """Fill a template; no value comes from a visitor, so none needs escaping."""
    return Template((PAGES / f"{template}.html").read_text()).substitute(values)


def make_site(gate: Gate, uploads: Path) -> FastAPI:
    """Make the site: what is posted goes to uploads/gallery, what is held to uploads/held."""
    (gallery := uploads / "gallery").mkdir(parents=True, exist_ok=True)
    (held := uploads / "held").mkdir(mode=0o700, exist_ok=True)
    site = FastAPI(openapi_url=None)
    site.add_api_route("/healthz", lambda: Response(status_code=200 if gate.ready else 503))

    @site.middleware("http")
    async def guard(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        ours = request.headers.get("sec-fetch-site", "none") in ("same-origin", "none")
        fits = int(request.headers.get("content-length", 1 << 40)) <= 32 << 20  # 32 MiB
        refused = request.method == "POST" and not (ours and fits)
        answer = page("unchecked", status=403) if refused else await go_on(request)
        answer.headers.update(HEADERS)
        return answer

    @site.get("/")
    def show_gallery() -> Response:
        return page("home", *[part("photo", name=f.name) for f in sorted(gallery.iterdir())[::-1]])

    @site.post("/")
    def post_picture(request: Request, picture: UploadFile) -> Response:
        try:  # the gate decodes it, asks the list and tells the hotline
            verdict = gate.check(data := picture.file.read())
        except (MediaError, NoListError, DecoderBusy):  # nothing is posted that was not checked
            return page("unchecked", status=422)
        name = f"{datetime.now(UTC):%FT%T}-{token_hex()}.{Path(sniff(data) or 'x').name}"
        if (notice := verdict.notice(request.headers.get("accept-language", "en"))) is None:
            (gallery / name).write_bytes(data)
            return RedirectResponse("/", 303)
        if verdict.decision == "review":
            (held / f"{name}.json").write_text(MatchAnswer.of(verdict).model_dump_json())
            (held / name).write_bytes(data)  # after its note: none is kept that nobody hears of
        return page("refused" if notice.appeal else "refused-only", status=403, **vars(notice))

    @site.get("/moderation")  # a real site asks its moderators to sign in, here and below
    def show_held() -> Response:
        notes = {n.stem: json.loads(n.read_text()) for n in sorted(held.glob("*.json"))}
        return page("moderation", *[part("held", name=n, time=n[:16], **notes[n]) for n in notes])

    @site.post("/moderation/{name}/{answer}")
    def decide(name: str, answer: FeedbackValue) -> Response:
        if (note := held / f"{name}.json").is_file():
            gate.report([m["entry"] for m in json.loads(note.read_text())["matches"]], answer)
            if (held / name).is_file():
                (held / name).replace((gallery if answer == "not_the_same" else uploads) / name)
            (uploads / name).unlink(missing_ok=True)
            note.unlink(missing_ok=True)
        return RedirectResponse("/moderation", 303)

    @site.get("/{place}/{name}")
    def show_file(place: str, name: str) -> Response:
        file = {"pictures": gallery, "moderation": held}.get(place, PAGES) / name
        kind = "text/css" if file.suffix == ".css" else f"image/{file.suffix[1:]}"
        return FileResponse(file, media_type=kind) if file.is_file() else Response(status_code=404)

    return site


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--store", required=True, help="the gate's store folder")
    options.add_argument("--uploads", required=True, type=Path, help="folder for the pictures")
    options.add_argument("--port", default=8001, type=int)
    given = options.parse_args()
    serve(make_site(Gate.open(given.store), given.uploads), given.port)
