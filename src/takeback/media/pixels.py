"""Bytes of a picture → exact pixels, by Pillow. In the child only; rules in docs/media.md."""

import contextlib
import io
import warnings
from typing import Final, Literal

import numpy as np
import pillow_heif
from PIL import AvifImagePlugin, Image, ImageFile

from takeback._native import jpeg_markers
from takeback.media.limits import LONGEST_SIDE, FirstTry, Limits
from takeback.media.orientation import ORIENTATIONS, UPRIGHT, Orientation
from takeback.media.protocol import Outcome

_PILLOW_FORMATS: Final = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/avif": "AVIF",
    "image/heic": "HEIF",
    "image/heif": "HEIF",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
}
_ALL_OR_NOTHING: Final = ("image/heic", "image/heif")
_ORIENTATION_TAG: Final = 0x0112  # Exif 2.32, 4.6.4
_WHITE: Final = (255, 255, 255)


class Refused(Exception):  # noqa: N818 - an answer to the parent, not an error of ours
    """The picture can't be decoded, for the reason in `outcome`."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.name)
        self.outcome = outcome


def load_codecs(limits: Limits) -> None:
    """Load every decoder now, so that nothing has to be opened later, and set Pillow up."""
    Image.init()
    pillow_heif.register_heif_opener(
        decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
    )
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    # Pillow's own check backs ours up where a plug-in allocates before we have seen the size.
    Image.MAX_IMAGE_PIXELS = limits.max_pixels
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def decode_rgb(data: bytes | memoryview, media_type: str, limits: Limits) -> Image.Image:
    """Decode the first frame to an upright picture in mode RGB; raises Refused."""
    picture, orientation = decode_as_stored(data, media_type, "RGB", limits)
    return orientation.turned(picture)


def decode_as_stored(
    data: bytes | memoryview, media_type: str, mode: Literal["RGB", "L"], limits: Limits
) -> tuple[Image.Image, Orientation]:
    """Decode the first frame; return it as it is stored, and how it lies there.

    A file cut short still shows most of a picture, and refusing it would be an easy way around us:
    what can't be read strictly is read again as far as it goes. Raises Refused.
    """
    if media_type == "image/jpeg":
        check_scans(jpeg_markers(data)[0], limits)
    try:
        return _decode(data, media_type, mode, limits, as_far_as_it_goes=False)
    except Refused as refused:
        # The HEIF plug-in would give a black picture, whatever went wrong.
        if refused.outcome is not Outcome.DAMAGED or media_type in _ALL_OR_NOTHING:
            raise
        if isinstance(limits, FirstTry):
            raise
    return _decode(data, media_type, mode, limits, as_far_as_it_goes=True)


def _decode(
    data: bytes | memoryview,
    media_type: str,
    mode: Literal["RGB", "L"],
    limits: Limits,
    *,
    as_far_as_it_goes: bool,
) -> tuple[Image.Image, Orientation]:
    ImageFile.LOAD_TRUNCATED_IMAGES = as_far_as_it_goes
    try:
        with Image.open(io.BytesIO(data), formats=[_PILLOW_FORMATS[media_type]]) as picture:
            check_size(picture.width, picture.height, limits)
            picture.load()
            # HEIF may tell another size once it is decoded.
            check_size(picture.width, picture.height, limits)
            return _whole_canvas(picture, _on_white(picture, mode)), _orientation(picture)
    except Refused:
        raise
    except MemoryError as error:
        raise Refused(Outcome.OUT_OF_MEMORY) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused(Outcome.TOO_MANY_PIXELS) from error
    except NotImplementedError as error:
        raise Refused(Outcome.UNSUPPORTED) from error
    except Exception as error:  # a broken file makes Pillow's plug-ins raise nearly anything
        # Pillow and libheif report some shortages of memory as other errors.
        shortage = "memory" in str(error).lower()
        raise Refused(Outcome.OUT_OF_MEMORY if shortage else Outcome.DAMAGED) from error


def check_size(width: int, height: int, limits: Limits) -> None:
    """Raise Refused for more pixels than the limits allow, or a side that nobody reads."""
    if width * height > limits.max_pixels:
        raise Refused(Outcome.TOO_MANY_PIXELS)
    if max(width, height) > LONGEST_SIDE:
        raise Refused(Outcome.SIDE_TOO_LONG)


def check_scans(scans: int, limits: Limits) -> None:
    """Raise Refused for a JPEG of more passes than the limits allow."""
    if scans > limits.max_scans:
        raise Refused(Outcome.TOO_MANY_SCANS)


def _on_white(picture: Image.Image, mode: Literal["RGB", "L"]) -> Image.Image:
    """Return the picture in RGB or grey, what is transparent laid on white."""
    if picture.mode.startswith("I;16"):
        picture = _from_16_bits(picture)
    elif picture.mode in ("I", "F"):
        picture = _stretched(picture)
    elif picture.mode in ("La", "RGBa"):
        picture = picture.convert({"La": "LA", "RGBa": "RGBA"}[picture.mode])
    elif picture.mode == "LAB":
        raise Refused(Outcome.UNSUPPORTED)
    if not picture.has_transparency_data:
        return _converted(picture, mode)
    layered = picture.convert("RGBA")
    alpha = layered.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return layered.convert(mode)
    ground = Image.new("RGB", layered.size, _WHITE)
    ground.paste(layered.convert("RGB"), mask=alpha)
    return _converted(ground, mode)


def _converted(picture: Image.Image, mode: Literal["RGB", "L"]) -> Image.Image:
    """Return the picture in RGB, or in grey by way of RGB, so that both show the same."""
    if mode == "L" and picture.mode not in ("L", "1", "RGB"):
        picture = picture.convert("RGB")
    return picture if picture.mode == mode else picture.convert(mode)


def _whole_canvas(picture: Image.Image, flat: Image.Image) -> Image.Image:
    """Lay a GIF's frame on white where it is smaller than the canvas, as browsers do."""
    frame = getattr(picture, "dispose_extent", None) if picture.format == "GIF" else None
    if frame is None or frame == (0, 0, *picture.size):
        return flat
    ground = Image.new(flat.mode, flat.size, _WHITE if flat.mode == "RGB" else _WHITE[0])
    ground.paste(flat.crop(frame), frame)
    return ground


def _from_16_bits(picture: Image.Image) -> Image.Image:
    samples = np.asarray(picture)
    grey = Image.fromarray((samples >> 8).astype(np.uint8))
    transparent = picture.info.get("transparency")
    if isinstance(transparent, int):
        grey.putalpha(Image.fromarray(np.where(samples == transparent, 0, 255).astype(np.uint8)))
    return grey


def _stretched(picture: Image.Image) -> Image.Image:
    """Make samples without a known range visible: the smallest is black, the largest white."""
    samples = np.nan_to_num(np.asarray(picture, dtype=np.float64), posinf=0.0, neginf=0.0)
    low, high = float(samples.min()), float(samples.max())
    scale = 255.0 / (high - low) if high > low else 0.0
    return Image.fromarray(((samples - low) * scale).astype(np.uint8))


def _orientation(picture: Image.Image) -> Orientation:
    """Return the EXIF orientation, upright if it is missing or can't be read.

    Only EXIF counts, as in browsers: Pillow's own `getexif` would ask XMP too. TIFF and HEIF
    plug-ins have turned the picture already, and no longer carry the tag.
    """
    exif = picture.info.get("exif")
    if picture.format in ("TIFF", "HEIF") or not isinstance(exif, bytes):
        return UPRIGHT
    return orientation_of(exif)


def orientation_of(exif: bytes) -> Orientation:
    """Return the orientation that Exif states; upright if it is empty or can't be read."""
    tags = Image.Exif()
    with contextlib.suppress(Exception):
        tags.load(exif)
        return ORIENTATIONS[int(tags[_ORIENTATION_TAG])]
    return UPRIGHT
