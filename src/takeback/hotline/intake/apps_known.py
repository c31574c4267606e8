"""The apps and websites a young person can name: those that check our list, and common others."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from takeback.hotline.platforms.access import platform_names

_FILE = Path(__file__).with_name("apps_known.toml")


@dataclass(frozen=True)
class App:
    """An app or website by the name its users know."""

    name: str
    checks_list: bool


def choices() -> list[App]:
    """Platforms of this hotline first, then common apps that don't check the list yet."""
    connected = sorted(platform_names(), key=str.casefold)
    others = [name for name in _common() if name not in connected]
    return [*(App(name, True) for name in connected), *(App(name, False) for name in others)]


@cache
def _common() -> tuple[str, ...]:
    return tuple(tomllib.loads(_FILE.read_text(encoding="utf-8"))["names"])
