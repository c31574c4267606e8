"""Checks the signals that an event names, and sets those of unknown kinds apart."""

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from takeback.hashlist.signals import SIGNAL_MODELS, Signal, signal_union
from takeback.signals.kinds import KINDS, MAX_SIGNALS

_KIND_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_OWN_MOST = {kind.name: kind.most_packed for kind in KINDS if kind.most_an_entry is not None}
_NEVER_TOO_MANY = min((MAX_SIGNALS, *_OWN_MOST.values()))


def _require_distinct(signals: tuple[Signal, ...]) -> tuple[Signal, ...]:
    if len({(signal.type, signal.value) for signal in signals}) != len(signals):
        raise ValueError("must not name a fingerprint twice")
    if len(signals) > _NEVER_TOO_MANY:
        _require_few(signals)
    return signals


def _require_few(signals: tuple[Signal, ...]) -> None:
    counts: Counter[str] = Counter(signal.type for signal in signals)
    for name, most in _OWN_MOST.items():
        if counts.pop(name, 0) > most:
            raise ValueError(f"must not have more than {most} of the type {name}")
    if counts.total() > MAX_SIGNALS:
        raise ValueError(f"must not have more than {MAX_SIGNALS} fingerprints")


# A type checker knows the kinds of this release; what is validated is the table of models.
if TYPE_CHECKING:
    _AnySignal = Signal
else:
    _AnySignal = signal_union()
Signals = Annotated[
    tuple[_AnySignal, ...],
    Field(strict=False, min_length=1),
    AfterValidator(_require_distinct),
]
"""The signals of an entry: at least one, none of them twice."""

SignalsBesideUnknown = Annotated[
    tuple[_AnySignal, ...], Field(strict=False), AfterValidator(_require_distinct)
]
"""The known signals of an entry that has unknown ones as well; there may be none."""


def canonical(document: dict[str, Any]) -> bytes:
    """Spell a JSON object in its one way: UTF-8, keys sorted, no white space."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def set_unknown_apart(data: bytes) -> bytes | None:
    """Move signals of unknown kinds out of an event's `signals`; None if it has none.

    Returns the event as JSON with a further key, `kept`: of each an `UnknownSignal`.
    """
    try:
        document = json.loads(data, parse_constant=_refuse_constant)
        signals = document["signals"]
        unknown = [
            {"kind": signal["type"], "place": place, "written": canonical(signal).decode()}
            for place, signal in enumerate(signals)
            if signal["type"] not in SIGNAL_MODELS and _KIND_NAME.fullmatch(signal["type"])
        ]
        if not unknown or "kept" in document:
            return None
        places = {signal["place"] for signal in unknown}
        known = [signal for place, signal in enumerate(signals) if place not in places]
        return canonical({**document, "signals": known, "kept": unknown})
    except (ValueError, LookupError, TypeError, RecursionError):
        return None  # what the models say of it stands


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
