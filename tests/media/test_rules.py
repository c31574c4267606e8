"""How each kind of picture becomes RGB: the rules of docs/media.md."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from takeback.media import DamagedMedia, Decoder
from tests.support.encodings import WAYS, encode, landscape, pixels


@pytest.mark.parametrize("media_type", WAYS)
def test_each_format_gives_its_pixels(media_type: str, decoder: Decoder) -> None:
    picture = decoder.decode(encode(landscape(), media_type))
    assert picture.media_type == media_type
    assert (picture.width, picture.height) == (96, 64)
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape == (64, 96, 3)
    assert not picture.pixels.flags.writeable
    assert np.abs(picture.pixels.astype(int) - pixels(landscape())).mean() < 6


def test_a_photograph_gives_the_pixels_that_pillow_gives(decoder: Decoder) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (301, 403, 3), np.uint8)
    jpeg = encode(Image.fromarray(noise).resize((1203, 899)), "image/jpeg", quality=80)
    with Image.open(io.BytesIO(jpeg)) as expected:
        assert np.array_equal(decoder.decode(jpeg).pixels, np.asarray(expected))


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "image/tiff"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(media_type: str, orientation: int, decoder: Decoder) -> None:
    stored = {
        1: landscape(),
        2: landscape().transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: landscape().transpose(Image.Transpose.ROTATE_180),
        4: landscape().transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: landscape().transpose(Image.Transpose.TRANSPOSE),
        6: landscape().transpose(Image.Transpose.ROTATE_90),
        7: landscape().transpose(Image.Transpose.TRANSVERSE),
        8: landscape().transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decoder.decode(encode(stored, media_type, exif=exif))
    assert picture.pixels.shape == (64, 96, 3)
    assert np.abs(picture.pixels.astype(int) - pixels(landscape())).mean() < 6


def test_unreadable_exif_is_as_none(decoder: Decoder) -> None:
    jpeg = encode(landscape(), "image/jpeg", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert decoder.decode(jpeg).pixels.shape == (64, 96, 3)


def test_transparency_is_laid_on_white(decoder: Decoder) -> None:
    layered = Image.new("RGBA", (4, 1), (0, 0, 0, 255))
    for x, alpha in enumerate((0, 51, 255)):
        layered.putpixel((x, 0), (200, 100, 0, alpha))
    expected = [[255, 255, 255], [244, 224, 204], [200, 100, 0], [0, 0, 0]]
    for media_type in ("image/png", "image/webp", "image/tiff"):
        data = encode(layered, media_type, **({"exact": True} if "webp" in media_type else {}))
        assert decoder.decode(data).pixels[0].tolist() == expected


def test_transparent_palette_and_single_colours_are_laid_on_white(decoder: Decoder) -> None:
    palette = landscape().quantize(4)
    red = palette.getpixel((0, 0))
    assert isinstance(red, int)
    for media_type in ("image/png", "image/gif"):
        seen = decoder.decode(encode(palette, media_type, transparency=red)).pixels
        assert seen[0, 0].tolist() == [255, 255, 255]
        assert np.abs(seen[0, 95].astype(int) - [30, 180, 30]).max() <= 2
    seen = decoder.decode(encode(landscape(), transparency=(30, 30, 200))).pixels
    assert seen[63, 0].tolist() == [255, 255, 255]
    assert seen[0, 0].tolist() == [200, 30, 30]
    grey_alpha = Image.merge("LA", [Image.new("L", (2, 2), 7), Image.new("L", (2, 2), 0)])
    assert decoder.decode(encode(grey_alpha)).pixels.min() == 255


def test_palette_grey_and_black_and_white_pictures_give_their_pixels(decoder: Decoder) -> None:
    palette = landscape().quantize(4)
    assert np.array_equal(decoder.decode(encode(palette)).pixels, pixels(palette))
    grey = landscape().convert("L")
    assert np.array_equal(decoder.decode(encode(grey)).pixels, pixels(grey))
    two = landscape().convert("1")
    assert np.array_equal(decoder.decode(encode(two)).pixels, pixels(two))
    assert set(decoder.decode(encode(two)).pixels.ravel().tolist()) == {0, 255}


def test_cmyk_is_not_inverted(decoder: Decoder) -> None:
    for media_type in ("image/jpeg", "image/tiff"):
        seen = decoder.decode(encode(landscape().convert("CMYK"), media_type)).pixels
        assert np.abs(seen.astype(int) - pixels(landscape())).mean() < 6


def test_16_bits_keep_their_high_byte(decoder: Decoder) -> None:
    ramp = np.linspace(0, 65535, 256 * 4).astype(np.uint16).reshape(4, 256)
    for media_type in ("image/png", "image/tiff"):
        seen = decoder.decode(encode(Image.fromarray(ramp), media_type)).pixels
        assert np.array_equal(seen[..., 0], (ramp >> 8).astype(np.uint8))


def test_a_16_bit_transparent_value_is_white(decoder: Decoder) -> None:
    ramp = np.array([[0, 256, 257, 65535]], np.uint16)
    seen = decoder.decode(encode(Image.fromarray(ramp), transparency=257)).pixels
    assert seen[0, :, 0].tolist() == [0, 1, 255, 255]


def test_samples_without_a_range_are_stretched(decoder: Decoder) -> None:
    values = np.array([[-3.0, 0.0, 1.0, np.nan]], np.float32)
    seen = decoder.decode(encode(Image.fromarray(values), "image/tiff", compression=None)).pixels
    assert seen[0, :, 1].tolist() == [0, 191, 255, 191]


def test_a_colour_profile_changes_nothing(decoder: Decoder) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for media_type in ("image/jpeg", "image/png", "image/webp"):
        with_profile = encode(landscape(), media_type, icc_profile=profile)
        assert profile in with_profile or media_type == "image/png"  # PNG compresses it
        plain = decoder.decode(encode(landscape(), media_type)).pixels
        assert np.array_equal(decoder.decode(with_profile).pixels, plain)


@pytest.mark.parametrize("media_type", ["image/gif", "image/png", "image/webp", "image/avif"])
def test_of_a_moving_picture_the_first_frame_counts(media_type: str, decoder: Decoder) -> None:
    others = [Image.new("RGB", (96, 64), (0, 0, shade)) for shade in (0, 90, 250)]
    moving = encode(landscape(), media_type, save_all=True, append_images=others, duration=50)
    seen = decoder.decode(moving).pixels
    assert np.abs(seen.astype(int) - pixels(landscape())).mean() < 6


def test_a_gif_frame_smaller_than_its_canvas_is_laid_on_white(decoder: Decoder) -> None:
    gif = bytearray(encode(Image.new("P", (4, 4), 0), "image/gif"))
    gif[6:10] = (8).to_bytes(2, "little") + (6).to_bytes(2, "little")
    seen = decoder.decode(bytes(gif)).pixels
    assert seen.shape == (6, 8, 3)
    assert (seen[:4, :4] == 0).all()
    assert (seen[4:] == 255).all()
    assert (seen[:, 4:] == 255).all()


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png"])
def test_a_file_cut_short_is_decoded_as_far_as_it_goes(media_type: str, decoder: Decoder) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (24, 32, 3), np.uint8)
    whole = encode(Image.fromarray(noise).resize((640, 480)), media_type)
    expected = decoder.decode(whole).pixels
    assert np.array_equal(decoder.decode(whole[:-2]).pixels, expected)
    half = decoder.decode(whole[: len(whole) // 2]).pixels
    assert half.shape == expected.shape
    assert np.array_equal(half[:160], expected[:160])
    assert not np.array_equal(half, expected)


@pytest.mark.parametrize("media_type", ["image/heic", "image/avif", "image/webp"])
def test_where_a_part_shows_nothing_the_file_is_damaged(media_type: str, decoder: Decoder) -> None:
    whole = encode(landscape(640, 480), media_type)
    with pytest.raises(DamagedMedia, match="save it again"):
        decoder.decode(whole[: len(whole) // 2])


@pytest.mark.parametrize("media_type", WAYS)
def test_the_first_bytes_alone_are_damaged_or_show_a_picture(
    media_type: str, decoder: Decoder
) -> None:
    with pytest.raises(DamagedMedia):
        decoder.decode(encode(landscape(), media_type)[:24])
