"""A room links to pages, uses templates and names tables of its own or of rooms below it."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey, Model
from django.urls import URLPattern, URLResolver, get_resolver

HOTLINE = Path(settings.HOTLINE)
NAMED = re.compile(r"""\{%\s*url\s+["']([\w-]+)["']|\b(?:reverse|see_other)\(\s*["']([\w-]+)["']""")


TEMPLATE = re.compile(r"""\{%\s*(?:extends|include)\s+["']([\w-]+)/""")


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


def test_no_template_is_built_on_one_of_a_room_above() -> None:
    floor = floors()
    used = [
        (path.relative_to(HOTLINE).as_posix(), room)
        for path in sorted(HOTLINE.rglob("*.html"))
        for room in TEMPLATE.findall(path.read_text(encoding="utf-8"))
    ]
    assert len(used) > 20
    assert [
        f"{file} uses a template of {room}"
        for file, room in used
        if room != file.split("/")[0] and floor[room] <= floor[file.split("/")[0]]
    ] == []


def keys_to_other_rooms() -> Iterator[ForeignKey[Model]]:
    ours = (model for model in apps.get_models() if model.__module__.startswith("takeback."))
    keys = (key for model in ours for key in model._meta.fields if isinstance(key, ForeignKey))
    for key in keys:
        if key.remote_field.model._meta.app_label != key.model._meta.app_label:
            yield key


def test_no_room_reads_the_tables_of_one_above_along_a_key_turned_round() -> None:
    keys = list(keys_to_other_rooms())
    assert len(keys) > 5
    assert [str(key) for key in keys if not key.remote_field.hidden] == []


def test_links_in_settings_are_routes() -> None:
    rooms = dict(rooms_of_routes(get_resolver()))
    routes = [settings.HOME_ROUTE, settings.LEAVE_ROUTE, settings.HELPLINES_ROUTE]
    routes += [route for route, _ in settings.FOOTER_LINKS]
    routes += [route for route in settings.AFTER_THE_VISIT.values() if route is not None]
    assert set(routes) <= set(rooms)
