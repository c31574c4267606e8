"""A signal: one fingerprint of a picture as the wire carries it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from takeback.signals.kinds import KINDS
from takeback.signals.packing import numbers_in, pack, split
from takeback.signals.pdq import MAX_QUALITY

_Hex64 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Hex32 = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class WireModel(BaseModel):
    """What goes over the wire: frozen, nothing converted, nothing unknown let through."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class PdqSignal(WireModel):
    """A PDQ: 256 bits as 64 lower-case hex digits in reference order; quality 0–100."""

    type: Literal["pdq"] = "pdq"
    value: _Hex64
    quality: Annotated[int, Field(ge=0, le=MAX_QUALITY)]


class Sha256Signal(WireModel):
    """The SHA-256 of the file's bytes: 64 lower-case hex digits."""

    type: Literal["sha256"] = "sha256"
    value: _Hex64


class Md5Signal(WireModel):
    """The MD5 of the file's bytes: 32 lower-case hex digits."""

    type: Literal["md5"] = "md5"
    value: _Hex32


Signal = PdqSignal | Sha256Signal | Md5Signal
"""A fingerprint with its type, told apart by `type`."""

SIGNAL_MODELS: dict[str, type[Any]] = {
    "pdq": PdqSignal,
    "sha256": Sha256Signal,
    "md5": Md5Signal,
}
"""The model of each kind, by its name; tests/hashlist/test_signals.py holds each to its row."""


@dataclass(frozen=True, slots=True)
class UnknownSignal:
    """A signal of a kind that this program does not know, because the hotline is newer.

    `place`: among all signals of the event. `written`: the JSON object in its canonical spelling.
    """

    kind: str
    place: int
    written: str


def signal_union() -> Any:
    """Return the type of any signal that has a model, for a model that holds signals.

    `Signal` is what a type checker sees; this is what is validated.
    """
    return Annotated[reduce(or_, SIGNAL_MODELS.values()), Field(discriminator="type")]


def pack_signals(signals: Iterable[Signal]) -> bytes:
    """Pack signals as `takeback.signals.packing` describes; each kind keeps its order."""
    by_kind: dict[str, list[bytes]] = {}
    for signal in signals:
        packed = bytes.fromhex(signal.value)
        for name, width in _NUMBERS[signal.type]:
            packed += getattr(signal, name).to_bytes(width, "little")
        by_kind.setdefault(signal.type, []).append(packed)
    return pack(by_kind)


def unpack_signals(packed: bytes) -> tuple[Signal, ...]:
    """Return packed signals as models, by kind; raises ValueError for what was never packed."""
    signals: list[Signal] = []
    for name, together in split(packed).items():
        row, model = _ROWS[name], SIGNAL_MODELS[name]
        columns = {number.name: numbers_in(together, row, number) for number in row.numbers}
        for nth, start in enumerate(range(0, len(together), row.packed_bytes)):
            value = together[start : start + row.value_bytes].hex()
            numbers = {label: column[nth] for label, column in columns.items()}
            signals.append(model(value=value, **numbers))
    return tuple(signals)


def known_by_now(
    unknown: Iterable[UnknownSignal],
) -> tuple[tuple[Signal, ...], tuple[UnknownSignal, ...]]:
    """Part what an older program did not know into what this one can read, and the rest."""
    known, rest = [], []
    for signal in unknown:
        try:
            known.append(SIGNAL_MODELS[signal.kind].model_validate_json(signal.written))
        except (KeyError, ValidationError):
            rest.append(signal)
    return tuple(known), tuple(rest)


_ROWS = {kind.name: kind for kind in KINDS}
_NUMBERS = {
    kind.name: [(number.name, number.packed_bytes) for number in kind.numbers] for kind in KINDS
}
