"""A room links to its own pages and to those of rooms below it; upwards only through settings."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

HOTLINE = Path(settings.HOTLINE)
NAMED = re.compile(r"""\{%\s*url\s+["']([\w-]+)["']|\b(?:reverse|see_other)\(\s*["']([\w-]+)["']""")


def floors() -> dict[str, int]:
    """The floor of each room of the hotline, 0 at the top, as the import contract has them."""
    document = tomllib.loads((settings.REPOSITORY / "pyproject.toml").read_text())
    (layers,) = (
        contract["layers"]
        for contract in document["tool"]["importlinter"]["contracts"]
        if contract.get("containers") == ["takeback.hotline"]
    )
    return {room.strip(): floor for floor, layer in enumerate(layers) for room in layer.split("|")}


def rooms_of_routes(resolver: URLResolver) -> Iterator[tuple[str, str]]:
    for child in resolver.url_patterns:
        if isinstance(child, URLResolver):
            yield from rooms_of_routes(child)
        elif isinstance(child, URLPattern) and child.name:
            yield child.name, child.callback.__module__.split(".")[2]


def links() -> Iterator[tuple[str, str]]:
    """The file of each link by name, and the name of its route."""
    for path in sorted([*HOTLINE.rglob("*.html"), *HOTLINE.rglob("*.py")]):
        for names in NAMED.findall(path.read_text(encoding="utf-8")):
            yield path.relative_to(HOTLINE).as_posix(), "".join(names)


def test_no_link_by_name_leads_upwards() -> None:
    floor, rooms = floors(), dict(rooms_of_routes(get_resolver()))
    found = list(links())
    assert len(found) > 20
    assert [
        f"{file} links to {name} of {rooms[name]}"
        for file, name in found
        if rooms[name] != file.split("/")[0] and floor[rooms[name]] <= floor[file.split("/")[0]]
    ] == []


def test_links_in_settings_are_routes() -> None:
    rooms = dict(rooms_of_routes(get_resolver()))
    routes = [settings.HOME_ROUTE, settings.LEAVE_ROUTE, settings.HELPLINES_ROUTE]
    routes += [route for route, _ in settings.FOOTER_LINKS]
    routes += [route for route in settings.AFTER_THE_VISIT.values() if route is not None]
    assert set(routes) <= set(rooms)
