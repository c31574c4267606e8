"""What all tests share: real photographs, one warm decoder, real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import expect

from takeback.demo.photographs import fetch_photographs, find_photographs, find_pictures
from takeback.media import Decoder
from tests.chromium import LAUNCH, PATIENCE_MS

pytest_plugins = ["tests.longest_first"]
pytest.register_assert_rewrite("tests.support", "tests.e2e.operating")

expect.set_options(timeout=PATIENCE_MS)
settings.register_profile("untimed", settings.default, deadline=None)
settings.load_profile("untimed")  # a busy machine is slow now and then, and no test measures time

REPOSITORY = Path(__file__).resolve().parents[1]
"""The folder that holds pyproject.toml; what tests fetch is kept in var/ below it."""


@pytest.fixture(scope="session")
def photographs_folder() -> Path:
    """The folder that `make photographs` fills; filled now if it is not."""
    folder = REPOSITORY / "var/photographs"
    fetch_photographs(folder)
    return folder


@pytest.fixture(scope="session")
def photographs(photographs_folder: Path) -> list[Path]:
    """More than 100 photographs of different things, JPEG and PNG, everyday ones first."""
    return find_photographs(photographs_folder)


@pytest.fixture(scope="session")
def pictures(photographs_folder: Path) -> list[Path]:
    """More than 300 pictures: the photographs, then small and drawn ones, WebP among them."""
    return find_pictures(photographs_folder)


@pytest.fixture(scope="session")
def decoder() -> Iterator[Decoder]:
    """A decoder with the default limits."""
    with Decoder() as decoder:
        yield decoder


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """Debian's Chromium, cut off from everything but this machine."""
    return LAUNCH
