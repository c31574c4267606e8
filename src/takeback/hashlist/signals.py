"""A signal: one fingerprint of a picture as the wire carries it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

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


Signal = Annotated[PdqSignal | Sha256Signal | Md5Signal, Field(discriminator="type")]
"""A fingerprint with its type, told apart by `type`."""
