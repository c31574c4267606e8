"""What a platform shows to whoever posted what the gate stopped: neutral words, and a way to ask.

Whoever threatens a young person with a picture may be the one who posts it. So no text tells that
anyone reported anything, or what the upload is like; it is the same whatever list, lane or entry
decided. Each language is a file in `notice_texts/`; a further language is a further file.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, ConfigDict

DEFAULT_LANGUAGE: Final = "en"

_MOST_TAGS: Final = 20
"""Of an `Accept-Language`; browsers send a handful."""


class NoticeKind(StrEnum):
    """What became of the upload."""

    BLOCKED = "blocked"
    HELD = "held"
    """Nobody sees it until a person at the platform has looked."""


class Direction(StrEnum):
    """Which way a language is written, as HTML's `dir` has it."""

    LEFT_TO_RIGHT = "ltr"
    RIGHT_TO_LEFT = "rtl"


@dataclass(frozen=True)
class Notice:
    """The texts in one language.

    `draft`: they were translated and not yet read by a native reader. `ask` says how to ask for a
    check: it is empty where there is no reference, and so nothing to ask with. `reference_label`
    stands before the reference, with its colon as the language writes it. `appeal`: the address of
    the page that asks for the reference, with it filled in; it stands in the fragment, which a
    browser sends to no server, so that it is in no log.
    """

    kind: NoticeKind
    language: str
    direction: Direction
    draft: bool
    heading: str
    text: str
    ask: str
    link_text: str
    reference_label: str
    reference: str | None
    appeal: str | None

    def __str__(self) -> str:
        """All of it as plain text, for an app that shows a message."""
        parts = [f"{self.heading}{_all_texts()[self.language].full_stop}", self.text, self.ask]
        if self.reference:
            parts.append(f"{self.reference_label} {self.reference}")
        return " ".join(part for part in parts if part)


class _Words(BaseModel):
    """What is said of one kind of stop, and how to ask for a check."""

    model_config = ConfigDict(extra="forbid")

    heading: str
    text: str
    ask: str


class _Texts(BaseModel):
    """A file of `notice_texts/`.

    `full_stop`: what ends a sentence in the language's script, where a heading becomes one.
    """

    model_config = ConfigDict(extra="forbid")

    direction: Direction
    draft: bool
    link_text: str
    reference_label: str
    full_stop: str
    blocked: _Words
    held: _Words


def make_notice(
    kind: NoticeKind, language: str, reference: str | None, appeals: str | None
) -> Notice:
    """Make the notice in the language that was asked for, or the nearest that there is.

    `language`: a tag as BCP 47 has it, or an `Accept-Language` (RFC 9110, section 12.5.4).
    `appeals`: the page that asks for the reference.
    """
    code = _best_language(language)
    texts = _all_texts()[code]
    words = texts.blocked if kind is NoticeKind.BLOCKED else texts.held
    fragment = urlencode({"reference": reference or ""})
    return Notice(
        kind=kind,
        language=code,
        direction=texts.direction,
        draft=texts.draft,
        heading=words.heading,
        text=words.text,
        ask=words.ask if reference else "",
        link_text=texts.link_text,
        reference_label=texts.reference_label,
        reference=reference,
        appeal=f"{appeals}#{fragment}" if appeals and reference else None,
    )


def notice_languages() -> list[str]:
    """Return the languages that there are notices in, as BCP 47 tags."""
    return sorted(_all_texts())


def appeal_address(address: str) -> str:
    """Return the address of a page of appeals; raises ValueError if none can be linked to."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or "#" in address:
        raise ValueError(f"{address} is not the address of a page: https://…, without a #.")
    return address


@cache
def _all_texts() -> Mapping[str, _Texts]:
    folder = files("takeback.gate.check") / "notice_texts"
    return {
        file.name.removesuffix(".toml"): _Texts.model_validate(
            tomllib.loads(file.read_text(encoding="utf-8"))
        )
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    }


def _best_language(accepted: str) -> str:
    """The first language that there is of those that are accepted, the most wanted first."""
    languages = {code.lower(): code for code in _all_texts()}
    wanted = []
    for place, part in enumerate(accepted.split(",")[:_MOST_TAGS]):
        tag, _, weight = part.partition(";")
        if (quality := _quality(weight)) > 0:
            wanted.append((-quality, place, tag.strip().lower().replace("_", "-")))
    for _, _, tag in sorted(wanted):
        # As RFC 4647, section 3.4, looks up: `ar-EG` finds `ar`.
        subtags = tag.split("-")
        for length in range(len(subtags), 0, -1):
            if found := languages.get("-".join(subtags[:length])):
                return found
    return DEFAULT_LANGUAGE


def _quality(weight: str) -> float:
    name, _, value = weight.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
