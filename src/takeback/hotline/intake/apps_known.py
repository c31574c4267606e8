"""The apps and websites a young person can name: those that check our list, and common others."""

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from takeback.hotline.feedback.access import platforms_looking
from takeback.hotline.platforms.access import platform_names

_FILE = Path(__file__).with_name("apps_known.toml")


@dataclass(frozen=True)
class App:
    """An app or website by the name its users know."""

    name: str
    checks_list: bool
    """It is known to look for copies now: holding a key is not enough."""


def choices() -> list[App]:
    """Those that look for copies now first, then other platforms and common apps."""
    looking = platforms_looking(datetime.now(UTC))
    others = {*platform_names(), *_common()} - looking
    return [
        *(App(name, True) for name in sorted(looking, key=str.casefold)),
        *(App(name, False) for name in sorted(others, key=str.casefold)),
    ]


@cache
def _common() -> tuple[str, ...]:
    return tuple(tomllib.loads(_FILE.read_text(encoding="utf-8"))["names"])
