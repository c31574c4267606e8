"""A key, a place for backups, and a database that is not there yet."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from tests.hotline.backups.server_backups import Place, databases, takeback


@pytest.fixture(scope="module")
def first_key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A key file as `backup key` makes it, and the public key that it prints."""
    key = tmp_path_factory.mktemp("first-key") / "key"
    return key, takeback("postgresql:///none", None, "backup", "key", str(key)).stdout.strip()


@pytest.fixture
def place(first_key: tuple[Path, str], tmp_path: Path) -> Place:
    made, public = first_key
    key = tmp_path / "key"
    shutil.copy(made, key)
    return Place(tmp_path / "backups", key, public)


@pytest.fixture
def another(hotline_database: str) -> Iterator[str]:
    """The URL of a database that is not there yet, on the same server."""
    parts = urlsplit(hotline_database)
    name = f"takeback_{os.urandom(6).hex()}"
    yield parts._replace(path=f"/{name}").geturl()
    with psycopg.connect(hotline_database, autocommit=True) as connection:
        for made in databases(hotline_database):
            if made.startswith(name):
                connection.execute(
                    sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(made))
                )
