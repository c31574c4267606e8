"""The browser code that Vite built: found by name, served whole, missed without harm."""

import gzip
from pathlib import Path

import pytest
from django.core.checks import Warning
from django.template import Context, Template
from django.test import Client
from pytest_django import Settings

from takeback.hotline.pages.web_build import WebBuildMissingError, asset_url, check_web_build
from tests.support.web_build import SCRIPT, build


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
    (warning,) = check_web_build()
    assert isinstance(warning, Warning)
    assert "make setup" in str(warning.hint)


def test_a_developer_sees_that_the_build_is_missing(settings: Settings, tmp_path: Path) -> None:
    settings.WEB_DIST, settings.DEBUG = tmp_path, True
    with pytest.raises(WebBuildMissingError, match="TAKEBACK_WEB_DIST"):
        Template('{% web_asset "reporter.js" %}').render(Context())
