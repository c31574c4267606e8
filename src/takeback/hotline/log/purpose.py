"""The purpose of this hotline's log, read once, when the log begins (docs/hotline.md)."""

import tomllib
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from pydantic import ValidationError

from takeback.hashlist.events import PurposeEvent, cut_to_hour

_DEFAULTS: dict[str, Any] = {
    "lists": (
        "Nude or sexual pictures of people who were under 18 when the picture was made, reported "
        "by themselves or by somebody who helps them, or assessed by the confirmers."
    ),
    "confirmations": 1,
    "most_added_a_day": 100_000,
    "days": 730,
}


class PurposeError(ValueError):
    """The purpose file can't be used; the message says why."""


def purpose_of(origin: str) -> PurposeEvent:
    """Return the purpose that a log `origin` begins with now.

    It is read from the TOML file that `TAKEBACK_PURPOSE` names: `lists`, `confirmers`,
    `confirmations`, `most_added_a_day` and `days`, after which it expires; a key left out keeps
    its default. Raises PurposeError if the file can't be used.
    """
    values = {"confirmers": [origin], **_DEFAULTS, **_configured()}
    now = cut_to_hour(datetime.now(UTC))
    try:
        expires = now + timedelta(days=values.pop("days"))
        return PurposeEvent(time=now, expires=expires, **values)
    except (ValidationError, TypeError, OverflowError) as error:
        raise PurposeError(f"The purpose in {settings.PURPOSE} can't be used: {error}") from error


def _configured() -> dict[str, Any]:
    if not settings.PURPOSE:
        return {}
    try:
        return tomllib.loads(settings.PURPOSE.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PurposeError(f"The purpose in {settings.PURPOSE} can't be read: {error}") from error
