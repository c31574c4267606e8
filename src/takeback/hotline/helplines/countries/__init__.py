"""The helplines of each country, read from one TOML file a country."""

import tomllib
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_FOLDER = Path(__file__).parent


class UnknownCountryError(LookupError):
    """There is no file for the country; the message names those there are."""


@dataclass(frozen=True)
class Helpline:
    """One service. `number` and `text_number` as people dial them; `hours` is a key of the pages.

    `for_adults` marks services for people of 18 and over.
    """

    name: str
    source: str
    checked: date
    number: str = ""
    text_number: str = ""
    hours: str = ""
    website: str = ""
    chat: str = ""
    languages: tuple[str, ...] = ()
    for_adults: bool = False

    @property
    def dial(self) -> str:
        """The number without spaces, for a `tel:` link."""
        return "".join(character for character in self.number if character in "+0123456789")

    @property
    def website_name(self) -> str:
        """The website's host, as people say it."""
        return (urlsplit(self.website).hostname or "").removeprefix("www.")


@dataclass(frozen=True)
class Country:
    """A country's helplines, the one for young people first; `emergency` is the police number."""

    code: str
    name: str
    emergency: str
    helplines: tuple[Helpline, ...] = field(default_factory=tuple)

    @property
    def for_young_people(self) -> tuple[Helpline, ...]:
        """Those that talk to under-18s."""
        return tuple(line for line in self.helplines if not line.for_adults)

    @property
    def for_adults(self) -> tuple[Helpline, ...]:
        """Those for people of 18 and over."""
        return tuple(line for line in self.helplines if line.for_adults)


@cache
def all_countries() -> tuple[Country, ...]:
    """Every country there is a file for, by name."""
    found = (_read(path) for path in _FOLDER.glob("*.toml"))
    return tuple(sorted(found, key=lambda country: country.name))


def country(code: str) -> Country:
    """The country with this ISO 3166 code. Raises UnknownCountryError."""
    for candidate in all_countries():
        if candidate.code == code.upper():
            return candidate
    codes = ", ".join(candidate.code for candidate in all_countries())
    raise UnknownCountryError(f"There are no helplines for this country; there are for {codes}.")


def _read(path: Path) -> Country:
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    lines = tuple(
        Helpline(**line | {"languages": tuple(line.get("languages", ()))})
        for line in data["helpline"]
    )
    return Country(path.stem.upper(), data["name"], data["emergency"], lines)
