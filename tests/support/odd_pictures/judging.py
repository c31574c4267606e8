"""What the server's two ways make of the odd pictures, and whether that is right."""

import enum
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np
import pdqhash

from takeback.fingerprints import Pdq, fingerprint_picture
from takeback.fingerprints.reading import READ_UPLOAD, parse_upload
from takeback.fingerprints.views import shipped_policies
from takeback.media import Decoder, MediaError
from tests.support.odd_pictures.case import DECODERS_DIFFER, Case, Pixels


class Made(NamedTuple):
    """What a way made of a file: a PDQ of a picture of a size in pixels, or an error."""

    pdq: Pdq | None = None
    size: tuple[int, int] | None = None
    error: type[MediaError] | None = None


class Verdict(enum.Enum):
    """How what was made compares with what is right."""

    RIGHT = "right"
    WRONG_FINGERPRINT = "wrong fingerprint"
    READ_IN_VAIN = "fingerprint of what can't be read"
    NOT_READ = "error for what can be read"
    WRONG_ERROR = "wrong error"


class Judged(NamedTuple):
    """A case, what was made of it, how far that is from what people see, and the verdict."""

    case: Case
    made: Made
    bits: int | None
    verdict: Verdict


_POLICY: Final = "standard"


def by_all_pixels(case: Case, decoder: Decoder) -> Made:
    """Fingerprint a file as `takeback hash` does."""
    try:
        found = fingerprint_picture(case.data, decoder)
    except MediaError as error:
        return Made(error=type(error))
    return Made(found.pdq, (found.width, found.height))


def by_the_gate(case: Case, decoder: Decoder) -> Made:
    """Fingerprint the whole of an upload, by a decoder that reads uploads."""
    try:
        answer = decoder.read(case.data, READ_UPLOAD, _POLICY.encode())
    except MediaError as error:
        return Made(error=type(error))
    width, height, views = parse_upload(answer, shipped_policies()[_POLICY])
    return Made(views[0].pdq, (width, height))


def reference_of(pixels: Pixels) -> Pdq:
    """Return the reference's PDQ of pixels."""
    bits, quality = pdqhash.compute(np.ascontiguousarray(pixels))
    return Pdq(np.packbits(bits).tobytes(), int(quality))


def judge(case: Case, made: Made, other: Made | None = None) -> Judged:
    """Compare with what people see; where that is not known, with what another way made."""
    if case.error is not None or made.error is not None:
        if made.error is case.error:
            return Judged(case, made, None, Verdict.RIGHT)
        if made.error is None:
            return Judged(case, made, None, Verdict.READ_IN_VAIN)
        not_read = case.error is None
        return Judged(case, made, None, Verdict.NOT_READ if not_read else Verdict.WRONG_ERROR)
    assert made.pdq is not None
    expected, size = (other.pdq, other.size) if other else (None, made.size)
    allowed = case.bits if case.shows is not None else DECODERS_DIFFER
    if case.shows is not None:
        expected, size = reference_of(case.shows), case.shows.shape[1::-1]
    bits = made.pdq.distance(expected) if expected else 0
    is_plain = expected is not None and expected.quality == made.pdq.quality == 0  # no such bits
    is_right = (is_plain or bits <= allowed) and made.size == size
    return Judged(case, made, bits, Verdict.RIGHT if is_right else Verdict.WRONG_FINGERPRINT)


def judged_by_both(
    cases: Iterable[Case],
) -> Iterator[tuple[Judged, Judged]]:
    """Yield what is made of each case from all pixels and by the gate, judged."""
    with Decoder(readers=[READ_UPLOAD]) as decoder:
        for case in cases:
            exact = by_all_pixels(case, decoder)
            yield judge(case, exact), judge(case, by_the_gate(case, decoder), exact)


def described(wrong: Iterable[Judged]) -> dict[str, str]:
    """Return a line for each, by name, as a failed test shows it."""
    return {
        judged.case.name: f"{judged.verdict.value}: {judged.made.error or judged.bits}"
        for judged in wrong
    }
