"""A hotline, a platform's token for it, and stock clients that are pointed there."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from takeback.hotline.platforms.actions import add_platform
from tests.support.long_lists import Connect, StockClient
from tests.support.running import hotline

_PATHS = {"stopncii": "feeds/stopncii/v1", "ncmec": "feeds/ncmec", "graph": "feeds/graph/v1/1"}


@pytest.fixture
def token(hotline_database: str) -> str:
    return add_platform("Skylark")


@pytest.fixture
def url(hotline_database: str, token: str) -> Iterator[str]:
    with hotline(hotline_database) as (url, _):
        yield url


@pytest.fixture(params=sorted(_PATHS))
def shape(request: pytest.FixtureRequest) -> str:
    """Each shape in turn."""
    return str(request.param)


@pytest.fixture
def connect(url: str, token: str, tmp_path: Path) -> Iterator[Connect]:
    """Point a stock client at a shape; `path` if not at its usual one, `ahead`: its clock is."""
    with ExitStack() as clients:

        def connected(
            shape: str,
            state: str = "state",
            zone: str = "UTC",
            ahead: float | None = None,
            path: str = "",
        ) -> StockClient:
            place = f"{url}/{path or _PATHS[shape]}"
            key = f"12345678|{token}" if shape == "graph" else token
            if ahead is None:
                # NCMEC's asks for what is five seconds old: so nobody waits for that.
                ahead = 6 if shape == "ncmec" and zone == "UTC" else 0
            client = StockClient(shape, place, key, tmp_path / f"{shape}-{state}", zone, ahead)
            return clients.enter_context(closing(client))

        yield connected
