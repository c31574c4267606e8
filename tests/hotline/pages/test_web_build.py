"""The browser code that Vite built: found by name, served whole, missed without harm."""

import gzip
import re
from pathlib import Path

import pytest
from django.core.checks import Warning
from django.template import Context, Template
from django.test import Client
from pytest_django import Settings

import takeback.hotline
from takeback.hotline.pages.web_build import (
    WebBuildMissingError,
    asset_url,
    check_web_build,
    web_build,
)
from tests.support.web_build import SCRIPT, build

HOTLINE = Path(takeback.hotline.__file__).parent
WEB = Path(__file__).parents[3] / "web" / "src"


def test_a_built_file_is_found_by_the_name_of_its_source(
    settings: Settings, tmp_path: Path
) -> None:
    build(settings, tmp_path)
    assert asset_url("reporter.js") == "/static/assets/reporter-1.js"
    assert asset_url("reporter.css") == "/static/assets/reporter-1.css"
    with pytest.raises(WebBuildMissingError, match="make setup"):
        asset_url("other.js")
    assert check_web_build() == []


def test_a_new_build_is_seen_without_a_restart(settings: Settings, tmp_path: Path) -> None:
    build(settings, tmp_path)
    asset_url("reporter.js")
    manifest = tmp_path / ".vite" / "manifest.json"
    manifest.write_text(manifest.read_text().replace("reporter-1", "reporter-2"))
    assert asset_url("reporter.js") == "/static/assets/reporter-2.js"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("reporter-1.js", "text/javascript; charset=utf-8"),
        ("reporter-1.css", "text/css; charset=utf-8"),
        ("pdq-1.wasm", "application/wasm"),
    ],
)
def test_files_have_the_type_a_browser_needs(
    settings: Settings, tmp_path: Path, name: str, kind: str
) -> None:
    build(settings, tmp_path)
    answer = Client().get(f"/static/assets/{name}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)


def test_a_browser_that_reads_compressed_files_gets_them(
    settings: Settings, tmp_path: Path
) -> None:
    build(settings, tmp_path)
    plain = Client().get("/static/assets/reporter-1.js")
    small = Client().get("/static/assets/reporter-1.js", headers={"Accept-Encoding": "br, gzip"})
    assert plain.content == gzip.decompress(small.content) == SCRIPT
    assert small.headers["Content-Encoding"] == "gzip"


def test_without_a_build_pages_work_and_every_start_says_so(
    settings: Settings, tmp_path: Path
) -> None:
    settings.WEB_DIST = tmp_path
    page = Client().get("/")
    assert page.status_code == 200
    assert b"<script" not in page.content
    assert b'rel="stylesheet"' not in page.content
    (warning,) = check_web_build()
    assert isinstance(warning, Warning)
    assert "make setup" in str(warning.hint)


@pytest.mark.parametrize(
    "tag", ['{% web_style "reporter.css" %}', '{% web_script "reporter.js" %}']
)
def test_a_developer_sees_that_the_build_is_missing(
    settings: Settings, tmp_path: Path, tag: str
) -> None:
    settings.WEB_DIST, settings.DEBUG = tmp_path, True
    with pytest.raises(WebBuildMissingError, match="TAKEBACK_WEB_DIST"):
        Template(tag).render(Context())


def test_a_page_asks_at_once_for_what_its_script_imports(
    settings: Settings, tmp_path: Path
) -> None:
    build(settings, tmp_path)
    shown = Template('{% web_script "steps.js" %}').render(Context())
    imported, script = re.findall(r'(?:href|src)="([^"]+)"', shown)
    assert (imported, script) == ("/static/assets/shared-1.js", "/static/assets/steps-1.js")
    assert shown.index("modulepreload") < shown.index("<script")


NEEDS_SCRIPT = re.compile(r'data-module="(?!leave-quickly|doors|fold|forget|home-country)')
PAGES = [
    path
    for path in HOTLINE.rglob("templates/**/*.html")
    if re.search(r"\{% extends ", path.read_text()) and not {"desk", "portal"} & set(path.parts)
]


def whole(path: Path) -> str:
    """A template with all that it extends and includes."""
    text = path.read_text()
    parts = re.findall(r'\{% (?:include|extends) "([^"]+)"', text)
    found = (next(HOTLINE.rglob(f"templates/{part}"), None) for part in parts)
    return text + "".join(whole(part) for part in found if part)


def style(entry: str) -> str:
    """The built style of an entry."""
    return web_build().files[asset_url(f"{entry}.css").removeprefix("/static/")].data.decode()


def classes(entry: str) -> set[str]:
    """The classes that the built style of an entry has rules for."""
    rules = re.sub(r":not\([^)]*\)", "", style(entry))
    return set(re.findall(r"\.((?:app|govuk)-[\w-]+)", rules))


def named_colours(entry: str) -> set[str]:
    """The colours that the built style of an entry gives a name."""
    return set(re.findall(r"(--[\w-]+):#", style(entry)))


def test_every_page_with_something_to_pick_or_type_brings_the_script_for_it() -> None:
    lacking = [
        path.name
        for path in PAGES
        if NEEDS_SCRIPT.search(whole(path)) and '"steps.js"' not in whole(path)
    ]
    assert lacking == []


def test_every_page_brings_the_style_of_what_stands_on_it() -> None:
    only_in_steps = classes("steps") - classes("reporter")
    assert len(only_in_steps) > 30
    used = {path.name: set(re.findall(r"(?:app|govuk)-[\w-]+", whole(path))) for path in PAGES}
    lacking = {
        path.name: sorted(used[path.name] & only_in_steps)
        for path in PAGES
        if used[path.name] & only_in_steps and '"steps.css"' not in whole(path)
    }
    assert lacking == {}


def test_only_the_first_style_names_colours_so_that_the_dark_stays_dark() -> None:
    assert len(named_colours("reporter")) > 40
    assert named_colours("steps") == set()


SOURCES = [
    *(path for kind in ("html", "py", "svg") for path in HOTLINE.rglob(f"*.{kind}")),
    *WEB.rglob("*.ts"),
]


def test_no_style_is_built_for_a_class_that_no_page_has() -> None:
    text = "\n".join(path.read_text() for path in SOURCES)
    named = set(re.findall(r"[\w-]+", text))
    completed = tuple(re.findall(r"((?:app|govuk)-[\w-]+--)\{", text))
    built = classes("reporter") | classes("steps") | classes("desk")
    unused = {name for name in built - named if not name.startswith(completed)}
    assert sorted(unused) == []


def test_every_drawing_stands_somewhere() -> None:
    text = "\n".join(path.read_text() for path in SOURCES)
    drawings = {path.stem for path in (HOTLINE / "pages" / "icons").glob("*.svg")}
    assert sorted(name for name in drawings if f'"{name}"' not in text) == []
