"""What all tests share: real photographs and one warm decoder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from takeback.cli.demo.photographs import fetch_photographs, find_photographs, find_pictures
from takeback.media import Decoder

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
