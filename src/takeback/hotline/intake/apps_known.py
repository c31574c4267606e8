"""The apps and websites a young person can name: those that check our list, and common others."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from takeback.hotline.feedback.access import platforms_looking
from takeback.hotline.foundation.encryption import JSON
from takeback.hotline.intake.access import apps_in
from takeback.hotline.intake.domain.answers import AgeBand
from takeback.hotline.platforms.access import platform_names
from takeback.hotline.reach.access import sites_for_adults

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


def choices_for(answers: Mapping[str, JSON]) -> list[App]:
    """What a case with these answers may name.

    Nobody learns of sites for adults here when they are under 13; one that was named stays. A
    grown-up who helps is shown them.
    """
    if answers.get("age") != AgeBand.UNDER_13 or answers.get("helper"):
        return choices()
    hidden = sites_for_adults() - {*apps_in(answers)}
    return [app for app in choices() if app.name not in hidden]


@cache
def _common() -> tuple[str, ...]:
    return tuple(tomllib.loads(_FILE.read_text(encoding="utf-8"))["names"])
