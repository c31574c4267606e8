"""Writes what helplines need of CLDR and the time zone database: `make helpline-reference`.

The pages then need neither Babel nor a table of zones. Run it after adding a country or a language,
and after an update of Babel or tzdata; a test fails until then.
"""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from babel import Locale
from babel.core import get_global

from takeback.hotline.config.settings import LANGUAGES
from takeback.hotline.helplines.countries import all_countries

FOLDER = (
    Path(__file__).resolve().parents[1] / "src" / "takeback" / "hotline" / "helplines" / "reference"
)


def names() -> dict[str, dict[str, dict[str, str]]]:
    """For each language of the pages: CLDR's names of the countries and of the lines' languages."""
    codes = [country.code for country in all_countries()]
    spoken = sorted(
        {
            code
            for country in all_countries()
            for line in country.helplines
            for code in line.languages
        }
    )
    found = {}
    for language, _ in LANGUAGES:
        locale = Locale.parse(language)
        found[language] = {
            "countries": {code: locale.territories[code] for code in codes},
            "languages": {code: _language_name(code, locale) for code in spoken},
        }
    return found


def time_zones() -> dict[str, list[str]]:
    """The zones of each country with a file, and CLDR's older names, which browsers still say."""
    zones: dict[str, set[str]] = {country.code: set() for country in all_countries()}
    territory_of: dict[str, str] = {}
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for row in table.splitlines():
        if not row.startswith("#"):
            territory, _, zone = row.split("\t")[:3]
            territory_of[zone] = territory
    aliases: dict[str, str] = dict(get_global("zone_aliases"))
    for alias, zone in aliases.items():
        # An alias in either direction is the same place: Asia/Calcutta and Asia/Kolkata.
        place = territory_of.get(zone) or territory_of.get(alias)
        if place is not None:
            territory_of.setdefault(alias, place)
            territory_of.setdefault(zone, place)
    for zone, territory in territory_of.items():
        if territory in zones and "/" in zone:
            zones[territory].add(zone)
    return {code: sorted(found) for code, found in sorted(zones.items())}


def as_text(value: Any) -> str:
    """As the files hold it: one fact a line, so that a change can be read."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _language_name(code: str, locale: Locale) -> str:
    name = Locale.parse(code, sep="-").get_display_name(locale)
    if name is None:
        raise LookupError(f"CLDR has no name for {code} in {locale}.")
    return name


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "time_zones.json").write_text(as_text(time_zones()), encoding="utf-8")
    (FOLDER / "names.json").write_text(as_text(names()), encoding="utf-8")
