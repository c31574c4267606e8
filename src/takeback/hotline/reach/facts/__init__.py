"""What services, platforms and countries are to each other, read from three TOML files."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


class Does(StrEnum):
    """What a service does for a young person."""

    CODES = "codes"
    """It gives platforms a code, so that they can find copies."""
    REMOVAL = "removal"
    """It asks websites to take copies down."""
    ADVICE = "advice"
    """Somebody there says what can be done."""


class Ages(StrEnum):
    """How old a person was in the picture."""

    UNDER_18 = "under_18"
    ADULTS = "18_over"
    ANY = "any"


class Account(StrEnum):
    """What a service wants to know of who asks."""

    NONE = "none"
    OWN_NAME_NOT_NEEDED = "own_name_not_needed"
    IDENTITY = "identity"


class Kind(StrEnum):
    """What sort of place a platform is."""

    APP = "app"
    CHAT = "chat"
    """Its messages are closed to everybody outside them: no service can look there."""
    SEARCH = "search"
    ADULT = "adult"
    """A site for adults, to which no young person is sent."""


@dataclass(frozen=True)
class Source:
    """Where a fact was read. `dated`: the day that the page itself shows, if it shows one.

    `read_on`: the day on which a copy of the page was read; `first_hand`: whether the page is that
    of the service or platform itself.
    """

    page: str
    read_on: date
    first_hand: bool
    dated: date | None = None


@dataclass(frozen=True)
class Cover:
    """Platforms that a service is named as reaching, and by whom."""

    platforms: tuple[str, ...]
    source: Source


@dataclass(frozen=True)
class Service:
    """A service that helps to take a picture back, reached by its address or by a number to call.

    `from_age`: how old somebody must be to use it alone, in years, if it says so. `upload`: whether
    the picture or its address goes to the service.
    """

    key: str
    name: str
    does: Does
    for_ages: Ages
    account: Account
    upload: bool
    free: bool
    source: Source
    covers: tuple[Cover, ...]
    address: str = ""
    number: str = ""
    from_age: int | None = None

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms that are named as taking part, in alphabetical order."""
        named = {name for cover in self.covers for name in cover.platforms}
        return tuple(sorted(named, key=str.casefold))


@dataclass(frozen=True)
class Form:
    """A platform's own page for reports; `account`: whether it wants one, None if not known."""

    address: str
    source: Source
    account: bool | None = None


@dataclass(frozen=True)
class Platform:
    """A big app or website; `forms` by country, the one for every other country under ``""``."""

    name: str
    kind: Kind
    forms: Mapping[str, Form]

    def form_in(self, code: str) -> Form | None:
        """The form for a country (ISO 3166), or None where the platform has none here."""
        return self.forms.get(code.upper(), self.forms.get(""))


@cache
def services() -> Mapping[str, Service]:
    """Every service, by its key."""
    return {key: _service(key, data) for key, data in _read("services").items()}


@cache
def platforms() -> tuple[Platform, ...]:
    """Every platform, in alphabetical order."""
    found = (_platform(name, data) for name, data in _read("platforms").items())
    return tuple(sorted(found, key=lambda platform: platform.name.casefold()))


@cache
def steps() -> Mapping[str, tuple[str, ...]]:
    """Keys of services by country (ISO 3166), the first step first; ``""``: everywhere else."""
    data = _read("countries")
    return {"": tuple(data.pop("elsewhere")), **{code: tuple(keys) for code, keys in data.items()}}


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _source(data: Mapping[str, Any]) -> Source:
    return Source(data["source"], data["read_on"], data["first_hand"], data.get("dated"))


def _service(key: str, data: dict[str, Any]) -> Service:
    covers = (Cover(tuple(cover["platforms"]), _source(cover)) for cover in data.get("covers", ()))
    return Service(
        key=key,
        name=data["name"],
        does=Does(data["does"]),
        for_ages=Ages(data["for_ages"]),
        account=Account(data["account"]),
        upload=data["upload"],
        free=data["free"],
        source=_source(data),
        covers=tuple(covers),
        address=data.get("address", ""),
        number=data.get("number", ""),
        from_age=data.get("from_age"),
    )


def _platform(name: str, data: dict[str, Any]) -> Platform:
    forms = {}
    if "address" in data:
        forms[""] = _form(data)
    for code, own in data.get("in", {}).items():
        forms[code] = _form({**data, "account": None, **own})
    return Platform(name, Kind(data["kind"]), forms)


def _form(data: Mapping[str, Any]) -> Form:
    return Form(data["address"], _source(data), data.get("account"))
