"""The kernel's two builds and the reference, behind one shape: pixels to bits and quality."""

import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
import pdqhash
from numpy.typing import NDArray

from takeback.fingerprints import dihedral_pdqs

REPOSITORY = Path(__file__).parents[2]
WASM = REPOSITORY / "web/public-build/pdq.wasm"

Pixels = NDArray[np.uint8]
PixelBox = tuple[int, int, int, int]
"""Left, top, right, bottom."""


class Hashed(NamedTuple):
    """Eight PDQs, the picture as it is first, and their quality."""

    eight: tuple[bytes, ...]
    quality: int

    def distance(self, other: "Hashed") -> int:
        """Bits between the pictures as they are."""
        ours, theirs = (int.from_bytes(hashed.eight[0]) for hashed in (self, other))
        return (ours ^ theirs).bit_count()


def by_reference(pixels: Pixels) -> Hashed:
    bits, quality = pdqhash.compute_dihedral(np.ascontiguousarray(pixels))
    return Hashed(tuple(np.packbits(turned.astype(np.uint8)).tobytes() for turned in bits), quality)


def natively(pixels: Pixels) -> Hashed:
    eight = dihedral_pdqs(pixels)
    return Hashed(tuple(pdq.bits for pdq in eight), eight[0].quality)


def build_wasm() -> Path:
    """Bring the module that the browser gets up to date."""
    command = [sys.executable, str(REPOSITORY / "native/wasm/build.py"), str(WASM)]
    subprocess.run(command, check=True)
    return WASM


class WasmKernel:
    """The WebAssembly module in a Node process."""

    def __enter__(self) -> Self:
        script = Path(__file__).with_name("pdq_in_node.mjs")
        self._node = subprocess.Popen(
            ["node", str(script), str(build_wasm())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.close()
        self._node.wait(timeout=30)
        self._node.stdout.close()

    def __call__(self, pixels: Pixels) -> Hashed:
        return self.with_crops(pixels, [])[0]

    def with_crops(self, pixels: Pixels, boxes: Sequence[PixelBox]) -> list[Hashed]:
        """Hash a picture and its parts, the picture first."""
        assert self._node.stdin is not None
        height, width = pixels.shape[:2]
        rgba = np.full((height, width, 4), 255, dtype=np.uint8)
        rgba[..., :3] = pixels
        header = [width, height, len(boxes), *(edge for box in boxes for edge in box)]
        unsent = memoryview(struct.pack(f"<{len(header)}I", *header) + rgba.tobytes())
        while unsent:
            unsent = unsent[self._node.stdin.write(unsent) :]
        return [self._answer() for _ in range(1 + len(boxes))]

    def _answer(self) -> Hashed:
        assert self._node.stdout is not None
        answer = self._node.stdout.read(257)
        assert answer is not None
        assert len(answer) == 257, "the Node process ended"
        return Hashed(tuple(answer[n : n + 32] for n in range(0, 256, 32)), answer[256])
