"""The helplines of each country, read from one TOML file a country."""

import json
import tomllib
from datetime import time
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from takeback.hotline.helplines.domain.copies import read_copy_date
from takeback.hotline.helplines.domain.hours import ALWAYS, Hours, Span, Week
from takeback.hotline.helplines.domain.lines import Country, Helpline, Reading, ReportingBody

_FOLDER = Path(__file__).parent
_TIME_ZONES = _FOLDER.parent / "reference" / "time_zones.json"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class UnknownCountryError(LookupError):
    """There is no file for the country; the message names those there are."""


@cache
def all_countries() -> tuple[Country, ...]:
    """Every country there is a file for, by its code."""
    zones: dict[str, list[str]] = json.loads(_TIME_ZONES.read_text(encoding="utf-8"))
    return tuple(
        read_country(
            path.stem.upper(),
            tomllib.loads(path.read_text(encoding="utf-8")),
            tuple(zones.get(path.stem.upper(), ())),
        )
        for path in sorted(_FOLDER.glob("*.toml"))
    )


def country(code: str) -> Country:
    """The country with this ISO 3166 code. Raises UnknownCountryError."""
    for candidate in all_countries():
        if candidate.code == code.upper():
            return candidate
    codes = ", ".join(candidate.code for candidate in all_countries())
    raise UnknownCountryError(f"There are no helplines for this country; there are for {codes}.")


def read_country(code: str, data: dict[str, Any], time_zones: tuple[str, ...] = ()) -> Country:
    """A country from what its TOML file holds.

    Raises KeyError, TypeError or ValueError where the file is not as the others are.
    """
    holidays = data.get("public_holidays")
    return Country(
        code=code,
        emergency=tuple(data["emergency"]),
        emergency_source=data["emergency_source"],
        emergency_copied=read_copy_date(data["emergency_copied"]),
        reporting=ReportingBody(**data["reporting"]) if "reporting" in data else None,
        helplines=tuple(_helpline(dict(line)) for line in data["helpline"]),
        time_zones=time_zones,
        public_holidays=None if holidays is None else tuple(holidays),
    )


def _helpline(line: dict[str, Any]) -> Helpline:
    read = _reading(line, "source", "copied", "own_page")
    hours_read = None
    if "hours" in line:
        hours_read = _reading(line, "hours_source", "hours_copied", "hours_on_own_page")
        line["hours"] = _hours(line["hours"])
    nameless_read = None
    if line.pop("nameless", False):
        nameless_read = _reading(line, "nameless_source", "nameless_copied", "nameless_on_own_page")
    return Helpline(
        **line | {"languages": tuple(line["languages"])},
        read=read,
        hours_read=hours_read,
        nameless_read=nameless_read,
    )


def _reading(line: dict[str, Any], source: str, copied: str, own_page: str) -> Reading:
    return Reading(line.pop(source), read_copy_date(line.pop(copied)), line.pop(own_page))


def _hours(value: str | dict[str, Any]) -> Hours:
    if value == "always":
        return ALWAYS
    if isinstance(value, str):
        raise ValueError(f"Hours are always, or a week with its zone, not {value!r}.")
    return Week(ZoneInfo(value["zone"]), tuple(_span(span) for span in value["open"]))


def _span(span: dict[str, str]) -> Span:
    return Span(_days(span["days"]), _clock(span["from"]), _clock(span["to"]))


def _days(text: str) -> frozenset[int]:
    """`mon-fri`, `sat` or `fri-mon`, which passes the week's end."""
    first, _, last = text.partition("-")
    begin = _DAYS.index(first)
    count = (_DAYS.index(last or first) - begin) % len(_DAYS) + 1
    return frozenset((begin + ahead) % len(_DAYS) for ahead in range(count))


def _clock(text: str) -> time:
    return time(0) if text == "24:00" else time.fromisoformat(text)
