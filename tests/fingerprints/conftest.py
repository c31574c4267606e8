"""Fixtures of the fingerprint tests, and a last word on how near the kernels are to pdqhash."""

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from takeback.demo.photographs import FETCHED, find_photographs
from tests.fingerprints.kernels import REPOSITORY, Pixels, WasmKernel

SUMMARY = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def wasm_kernel() -> Iterator[WasmKernel]:
    with WasmKernel() as kernel:
        yield kernel


@pytest.fixture(scope="session")
def photograph_pixels() -> list[Pixels]:
    """Everyday photographs in RGB, at most 1,500 pixels a side."""
    pictures = []
    for path in find_photographs(REPOSITORY / FETCHED):
        with Image.open(path) as opened:
            picture = (opened.convert("RGBA") if opened.mode == "P" else opened).convert("RGB")
        picture.thumbnail((1500, 1500), Image.Resampling.BILINEAR, reducing_gap=None)
        pictures.append(np.asarray(picture))
    return pictures


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in config.stash.get(SUMMARY, []):
        terminalreporter.write_line(line)
