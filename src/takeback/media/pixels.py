"""Bytes of a picture → exact pixels, by Pillow. In the child only; rules in docs/media.md."""

import io
import warnings
from collections.abc import Callable
from typing import Final

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image, ImageFile

from takeback.media.formats import bmp, bmp_palette, gif, jpeg, png, tiff, webp
from takeback.media.formats.flat import Mode, from_apple, on_canvas, on_white, whitened
from takeback.media.formats.share import (
    LEAST_SHARE,
    Fill,
    filled_before,
    hardly_read,
    not_written,
)
from takeback.media.limits import FirstTry, Limits
from takeback.media.orientation import UPRIGHT, Orientation, orientation_of
from takeback.media.protocol import Outcome
from takeback.media.refused import Refused, check_size

Buffer = bytes | memoryview
_Stored = tuple[Image.Image, Orientation]

_EXIF_LETTERS: Final = b"Exif\0\0"
_NO_MEMORY: Final = ("out of memory", "memory allocation error", "failed to allocate memory")
"""How Pillow, libavif and libheif begin what they say of a shortage."""

_NOT_READ: Final = ("unsupported feature", "unsupported file-type", "unsupported codec")
"""How libheif begins what it says of files that are right, but that it can't read."""


def load_codecs(limits: Limits) -> None:
    """Load every decoder now, so that nothing has to be opened later, and set Pillow up."""
    Image.init()
    pillow_heif.register_heif_opener(
        decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
    )
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    tiff.know_more_layouts()
    # Pillow's own check backs ours up where a plug-in allocates before we have seen the size.
    Image.MAX_IMAGE_PIXELS = limits.max_pixels
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def decode_rgb(data: Buffer, media_type: str, limits: Limits) -> Image.Image:
    """Decode the first frame to an upright picture in mode RGB; raises Refused."""
    picture, orientation = decode_as_stored(data, media_type, "RGB", limits)
    return orientation.turned(picture)


def decode_as_stored(data: Buffer, media_type: str, mode: Mode, limits: Limits) -> _Stored:
    """Decode the first frame; return it as it is stored, and how it lies there.

    A file cut short still shows most of a picture, and refusing it would be an easy way around us:
    what can't be read strictly is read again as far as it goes. Raises Refused, also if that is
    less than `LEAST_SHARE` of the picture.
    """
    try:
        return _DECODERS[media_type](data, mode, limits)
    except Exception as error:
        raise Refused(outcome_of(error)) from error


def outcome_of(error: Exception) -> Outcome:
    """Return what to refuse a file for, whatever a library raised: a broken one may be anything."""
    match error:
        case Refused():
            return error.outcome
        case MemoryError():
            return Outcome.OUT_OF_MEMORY
        case Image.DecompressionBombError() | Image.DecompressionBombWarning():
            return Outcome.TOO_MANY_PIXELS
        case NotImplementedError():
            return Outcome.UNSUPPORTED
    text = str(error).lower()
    if text.startswith(_NO_MEMORY):
        return Outcome.OUT_OF_MEMORY
    return Outcome.UNSUPPORTED if text.startswith(_NOT_READ) else Outcome.DAMAGED


def _jpeg(data: Buffer, mode: Mode, limits: Limits) -> _Stored:
    header = jpeg.inspected(data, limits)

    def decode(*, leniently: bool) -> Image.Image:
        # The decoder of arithmetic coding can't wait for more bytes: it is given all at once.
        at_once = len(data) if header.arithmetic else None
        end = b"\xff\xd9" if header.arithmetic and leniently else b""
        return _decoded(data, "JPEG", limits, leniently=leniently, at_once=at_once, end=end)

    picture = _strictly(decode, limits) or decode(leniently=True)
    jpeg.refuse_unread(picture, data, header)
    return on_white(picture, mode), header.orientation


def _png(data: Buffer, mode: Mode, limits: Limits) -> _Stored:
    frame = png.first_frame(data)
    check_size(*frame.canvas, limits)
    picture, unread = _as_far_as_written(
        frame.file(), "PNG", limits, mended=lambda: frame.mended().file()
    )
    flat = on_white(from_apple(picture) if frame.apple else picture, mode)
    if unread is not None:
        flat = whitened(flat, unread)
    return on_canvas(flat, (0, 0, *flat.size), frame.canvas, frame.at), frame.orientation


def _gif(data: Buffer, mode: Mode, limits: Limits) -> _Stored:
    colours = gif.colours_of(data)
    picture, unread = _as_far_as_written(data, "GIF", limits, frame_of=gif.frame_of)
    frame = gif.frame_of(picture)
    flat = on_white(gif.blackened(picture, colours), mode)
    if unread is not None:
        flat = whitened(flat, unread)
    return on_canvas(flat, frame, flat.size, frame[:2]), UPRIGHT


def _bmp(data: Buffer, mode: Mode, limits: Limits) -> _Stored:
    bmp.refuse_unsupported(data)
    picture = bmp_palette.decoded(data, limits) or bmp.with_odd_masks(data, limits)
    if picture is None:
        picture, _ = _as_far_as_written(data, "BMP", limits)
    return on_white(picture, mode), UPRIGHT


def _tiff(data: Buffer, mode: Mode, limits: Limits) -> _Stored:
    page = tiff.first_page(data)
    picture, _ = _as_far_as_written(data, "TIFF", limits, page=page.number)
    return on_white(tiff.to_8_bits(picture, page), mode), UPRIGHT  # the plug-in has turned it


def _webp(data: Buffer, mode: Mode, limits: Limits) -> _Stored:
    # Chromium and Firefox don't look at its Exif.
    picture = _decoded(webp.with_transparent_canvas(data), "WEBP", limits)
    return on_white(picture, mode), UPRIGHT


def _avif(data: Buffer, mode: Mode, limits: Limits) -> _Stored:
    picture = _decoded(data, "AVIF", limits)
    # The plug-in tells the turn of the container as Exif.
    exif = picture.info.get("exif", b"").removeprefix(_EXIF_LETTERS)
    return on_white(picture, mode), orientation_of(exif)


def _heif(data: Buffer, mode: Mode, limits: Limits) -> _Stored:
    return on_white(_decoded(data, "HEIF", limits), mode), UPRIGHT  # turned by the plug-in


_DECODERS: Final[dict[str, Callable[[Buffer, Mode, Limits], _Stored]]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
    "image/gif": _gif,
    "image/avif": _avif,
    "image/heic": _heif,
    "image/heif": _heif,
    "image/tiff": _tiff,
    "image/bmp": _bmp,
}


def _decoded(
    data: Buffer,
    pillow_format: str,
    limits: Limits,
    *,
    leniently: bool = False,
    page: int = 0,
    fill: Fill = None,
    at_once: int | None = None,
    end: bytes = b"",
) -> Image.Image:
    """Open and decode a picture with Pillow, within the limits on its size.

    `fill` is the ground that it is decoded on; `at_once` how many bytes the decoder is given at a
    time, at least; `end` is put behind the data.
    """
    ImageFile.LOAD_TRUNCATED_IMAGES = leniently
    file = io.BytesIO(b"".join((data, end)) if end else data)
    with Image.open(file, formats=[pillow_format]) as picture:
        if page:
            picture.seek(page)
        check_size(picture.width, picture.height, limits)
        if at_once is not None:
            picture.decodermaxblock = max(at_once + len(end), picture.decodermaxblock)
        with filled_before(picture, fill):
            picture.load()
        # HEIF may tell another size once it is decoded.
        check_size(picture.width, picture.height, limits)
        return picture


def _strictly(decode: Callable[..., Image.Image], limits: Limits) -> Image.Image | None:
    """Return the picture if it is whole; None if it is damaged and may be read as far as it goes.

    Lets other refusals pass, and that of a first try, which may only have been short of memory.
    """
    try:
        return decode(leniently=False)
    except Exception as error:
        if outcome_of(error) is not Outcome.DAMAGED or isinstance(limits, FirstTry):
            raise
    return None


def _as_far_as_written(
    data: Buffer,
    pillow_format: str,
    limits: Limits,
    *,
    page: int = 0,
    mended: Callable[[], bytes] | None = None,
    frame_of: Callable[[Image.Image], tuple[int, int, int, int]] | None = None,
) -> tuple[Image.Image, NDArray[np.bool_] | None]:
    """Decode a picture as far as it goes, by a decoder that leaves alone what it has no data for.

    `mended` gives the file to try where `data` can't be read strictly. Returns the picture, and
    which of its pixels were not read; None where all were. Raises Refused for damage if less than
    the least share of it, or of its frame, was read.
    """
    file = data

    def decode(fill: Fill = None, *, leniently: bool) -> Image.Image:
        return _decoded(file, pillow_format, limits, leniently=leniently, page=page, fill=fill)

    whole = _strictly(decode, limits)
    if whole is None and mended is not None:
        file = mended()
        whole = _strictly(decode, limits)
    strictly = whole is not None
    picture = whole or decode(leniently=True)
    if strictly and not hardly_read(picture, _grounds(picture)):
        return picture, None
    unread = not_written(lambda fill: decode(fill, leniently=not strictly))
    left, top, right, bottom = frame_of(picture) if frame_of else (0, 0, *picture.size)
    if float(unread[top:bottom, left:right].mean()) > 1 - LEAST_SHARE:
        raise Refused(Outcome.DAMAGED)
    return picture, unread if unread.any() else None


def _grounds(picture: Image.Image) -> tuple[int | tuple[int, ...], ...]:
    """Return what pixels have that were never written: nothing, or a GIF's transparent colour."""
    transparent = picture.info.get("transparency")
    nothing = 0 if len(picture.getbands()) == 1 else (0,) * len(picture.getbands())
    return (nothing, transparent) if isinstance(transparent, int) else (nothing,)
