"""PDQ of arrays of all kinds, against pdqhash and against itself."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pdqhash
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from takeback.fingerprints import Pdq, dihedral_pdqs, pdq_of_pixels
from tests.fingerprints.graphics import picture
from tests.fingerprints.kernels import Pixels, WasmKernel, by_reference, natively

sides = st.integers(5, 200)
seeds = st.integers(0, 2**32 - 1)


@given(height=sides, width=sides, seed=seeds, levels=st.sampled_from((1, 2, 256)))
@example(height=5, width=5, seed=0, levels=256)
@example(height=5, width=3000, seed=0, levels=256)
@example(height=3000, width=5, seed=0, levels=256)
@example(height=63, width=64, seed=0, levels=256)
@example(height=128, width=129, seed=0, levels=256)
def test_a_pdq_equals_that_of_pdqhash_bit_for_bit(
    wasm_kernel: WasmKernel, height: int, width: int, seed: int, levels: int
) -> None:
    pixels = picture(height, width, seed, levels)
    if (height, width) != (64, 64):  # there, compute_dihedral filters and compute does not
        assert natively(pixels) == wasm_kernel(pixels) == by_reference(pixels)
    bits, quality = pdqhash.compute(pixels)
    expected = Pdq(np.packbits(bits.astype(np.uint8)).tobytes(), quality)
    assert pdq_of_pixels(pixels) == expected == dihedral_pdqs(pixels)[0]


@given(seed=seeds)
def test_a_pdq_equals_that_of_pdqhash_where_nothing_is_filtered(
    wasm_kernel: WasmKernel, seed: int
) -> None:
    pixels = picture(64, 64, seed)
    bits, quality = pdqhash.compute(pixels)
    expected = np.packbits(bits.astype(np.uint8)).tobytes()
    assert pdq_of_pixels(pixels) == Pdq(expected, quality)
    in_wasm = wasm_kernel(pixels)
    assert (in_wasm.eight[0], in_wasm.quality) == (expected, quality)


@pytest.mark.parametrize("shape", [(4, 4), (1, 1000), (1000, 4), (0, 7), (7, 0)])
def test_tiny_picture_has_no_fingerprint(shape: tuple[int, int]) -> None:
    pixels = np.full(shape, 200, dtype=np.uint8)
    assert dihedral_pdqs(pixels) == (Pdq(bytes(32), 0),) * 8


@given(height=sides, width=sides, seed=seeds)
def test_grey_equals_three_equal_channels(height: int, width: int, seed: int) -> None:
    grey = picture(height, width, seed)[..., 0]
    assert pdq_of_pixels(grey) == pdq_of_pixels(np.stack([grey] * 3, axis=-1))


@given(height=sides, width=sides, seed=seeds)
def test_every_view_of_an_array_will_do(height: int, width: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    rgba = random.integers(0, 256, (height * 2, width * 2, 4), dtype=np.uint8)
    views = (
        rgba[: height + 1],
        rgba[:, :width, :3],
        rgba[::2, ::2],
        rgba[::-1, ::-1, 2::-1],
        rgba.transpose(1, 0, 2),
        rgba[..., 1],
        np.broadcast_to(rgba[:1, :, :3], (height, width * 2, 3)),
    )
    for view in views:
        assert pdq_of_pixels(view) == pdq_of_pixels(np.array(view, order="C"))


@given(height=sides, width=sides, seed=seeds)
def test_alpha_is_not_looked_at(height: int, width: int, seed: int) -> None:
    rgb = picture(height, width, seed)
    alpha = np.random.default_rng(seed).integers(0, 256, (height, width, 1), dtype=np.uint8)
    assert pdq_of_pixels(np.concatenate([rgb, alpha], axis=-1)) == pdq_of_pixels(rgb)


def test_read_only_pixels_will_do() -> None:
    pixels = picture(90, 70, 1)
    expected = pdq_of_pixels(pixels)
    pixels.flags.writeable = False
    assert pdq_of_pixels(pixels) == expected


def test_variants_have_the_sense_of_turn_that_is_documented() -> None:
    pixels = picture(640, 640, 3)
    really_turned = (
        *(np.rot90(pixels, quarter) for quarter in range(4)),
        pixels[::-1],
        pixels[:, ::-1],
        pixels.transpose(1, 0, 2),
        np.rot90(pixels, 2).transpose(1, 0, 2),
    )
    for n, variant in enumerate(dihedral_pdqs(pixels)):
        distances = [variant.distance(pdq_of_pixels(turned)) for turned in really_turned]
        assert distances[n] == min(distances)
        assert distances[n] <= 31 < sorted(distances)[1]


def test_threads_do_not_disturb_each_other() -> None:
    pictures = [picture(300 + n, 500 - n, n) for n in range(16)]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(pdq_of_pixels, pictures))
    assert together == [pdq_of_pixels(pixels) for pixels in pictures]


@pytest.mark.parametrize(
    ("pixels", "error", "says"),
    [
        ([[1, 2], [3, 4]], TypeError, "not list"),
        (None, TypeError, "not NoneType"),
        (np.zeros((9, 9, 3)), TypeError, "uint8"),
        (np.zeros((9, 9), dtype=np.int8), TypeError, "uint8"),
        (np.zeros(9, dtype=np.uint8), ValueError, r"not \(9\)"),
        (np.zeros((9, 9, 2), dtype=np.uint8), ValueError, r"not \(9, 9, 2\)"),
        (np.zeros((1, 9, 9, 3), dtype=np.uint8), ValueError, r"not \(1, 9, 9, 3\)"),
        (np.zeros((0, 2**24 + 1), dtype=np.uint8), ValueError, "16,777,216"),
    ],
)
def test_what_is_no_picture_is_refused(pixels: Pixels, error: type[Exception], says: str) -> None:
    for kernel in (pdq_of_pixels, dihedral_pdqs):
        with pytest.raises(error, match=says):
            kernel(pixels)


@given(bits=st.binary(min_size=32, max_size=32), quality=st.integers(0, 100))
def test_hex_reads_back(bits: bytes, quality: int) -> None:
    pdq = Pdq(bits, quality)
    assert Pdq.from_hex(pdq.hex, quality) == Pdq.from_hex(pdq.hex.upper(), quality) == pdq
    assert len(pdq.hex) == 64


def test_hex_has_the_order_of_the_reference() -> None:
    pixels = picture(200, 300, 7)
    bits, _ = pdqhash.compute(pixels)
    assert pdq_of_pixels(pixels).hex == f"{int(''.join(str(bit) for bit in bits), 2):064x}"


@pytest.mark.parametrize("digits", ["", "0" * 63, "0" * 65, "g" * 64, "0 " * 32, "é" * 64])
def test_other_text_is_no_pdq(digits: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal digits"):
        Pdq.from_hex(digits, 100)


@pytest.mark.parametrize(("bits", "quality"), [(bytes(31), 50), (bytes(32), 101), (bytes(32), -1)])
def test_a_pdq_out_of_range_is_refused(bits: bytes, quality: int) -> None:
    with pytest.raises(ValueError, match="A PDQ"):
        Pdq(bits, quality)


def test_distance_counts_bits() -> None:
    none, of_five_bits = Pdq(bytes(32), 80), Pdq(b"\x81" + bytes(30) + b"\x07", 80)
    assert none.distance(of_five_bits) == of_five_bits.distance(none) == 5
    assert of_five_bits.distance(of_five_bits) == 0
