"""Names of countries and languages in the reader's language, as CLDR has them."""

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from takeback.hotline.helplines.countries import all_countries
from takeback.hotline.helplines.domain.lines import Country

_NAMES = Path(__file__).parent / "reference" / "names.json"
_FALLBACK = "en"


def country_name(code: str, language: str) -> str:
    """The name of a country that has a file. Raises KeyError for another."""
    return _names(language)["countries"][code]


def language_name(code: str, language: str) -> str:
    """The name of a language that a helpline speaks. Raises KeyError for another."""
    return _names(language)["languages"][code]


def countries_by_name(language: str) -> tuple[Country, ...]:
    """Every country, in the order of their names in this language; accents count for nothing."""

    def place(country: Country) -> str:
        decomposed = unicodedata.normalize("NFKD", country_name(country.code, language))
        return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()

    return tuple(sorted(all_countries(), key=place))


def _names(language: str) -> Mapping[str, Mapping[str, str]]:
    every = _all_names()
    return every.get(language, every[_FALLBACK])


@cache
def _all_names() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    names: dict[str, dict[str, dict[str, str]]] = json.loads(_NAMES.read_text(encoding="utf-8"))
    return names
