"""Untrusted bytes in, pixels out: sniffing, limits, decoding in a bounded child process."""

from takeback.media.admission.turns import TurnRules
from takeback.media.admission.turnstile import Load
from takeback.media.decoder import Confinement, DecodedPicture, Decoder
from takeback.media.errors import (
    DamagedMedia,
    DecoderBusy,
    DecoderNotStarted,
    DecodingTimedOut,
    MediaError,
    MediaTooLarge,
    ReaderFailed,
    UnsupportedMedia,
)
from takeback.media.limits import Limits
from takeback.media.sniffing import MEDIA_TYPES, sniff

__all__ = [
    "MEDIA_TYPES",
    "Confinement",
    "DamagedMedia",
    "DecodedPicture",
    "Decoder",
    "DecoderBusy",
    "DecoderNotStarted",
    "DecodingTimedOut",
    "Limits",
    "Load",
    "MediaError",
    "MediaTooLarge",
    "ReaderFailed",
    "TurnRules",
    "UnsupportedMedia",
    "sniff",
]
