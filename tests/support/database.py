"""Gives the hotline's tests a real PostgreSQL, embedded, and Django settings that stand on it.

Django is set up here, when a folder's conftest.py imports this, and not in pyproject.toml: so
nothing is ever written to the `var/` of whoever runs the tests, and others need no database.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import quote

import django
import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg import sql
from pytest_django import DjangoDbBlocker

from takeback.hotline.foundation.database import embedded_server
from takeback.hotline.foundation.secrets import (
    SECRETS_OF_A_HOTLINE,
    make_secret,
    secret,
    secrets_directory,
)

_STATE = Path(tempfile.mkdtemp(prefix="takeback-tests-"))


def _start_server() -> str:
    """Start PostgreSQL in a folder of its own and return its URL; it goes when pytest ends."""
    atexit.register(shutil.rmtree, _STATE, ignore_errors=True)  # after the server has stopped
    server = embedded_server(_STATE / "postgres", cleanup_mode="delete")
    url = str(server.get_uri())
    with psycopg.connect(url, autocommit=True) as connection:
        # No test pulls the plug of the machine, only of processes: those lose nothing by this.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    return url


def _set_up_django() -> None:
    os.environ["TAKEBACK_STATE"] = str(_STATE)
    os.environ.pop("TAKEBACK_SECRETS", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "takeback.hotline.config.settings"
    configured = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = _start_server()
    for name in SECRETS_OF_A_HOTLINE:  # of all hotlines of this process, whichever begins first
        make_secret(name)
    try:
        django.setup()
    finally:
        # The settings have it now. Processes of end-to-end tests start a server of their own, and
        # pytest's workers must not load these settings before they have made theirs.
        del os.environ["DATABASE_URL"], os.environ["DJANGO_SETTINGS_MODULE"]
        if configured is not None:
            os.environ["DATABASE_URL"] = configured


_set_up_django()


@contextmanager
def _using(name: str) -> Iterator[None]:
    """Let Django work on another database of the server for a while."""
    settings = connections.settings["default"]
    usual = settings["NAME"]
    disconnect()
    settings["NAME"] = name
    try:
        yield
    finally:
        disconnect()
        settings["NAME"] = usual


@cache
def _database_template(django_db_blocker: DjangoDbBlocker) -> str:
    """Make a migrated, empty database that others are cloned from, once; returns its name."""
    name = "takeback_template"
    _administer("CREATE DATABASE {}", name)
    with django_db_blocker.unblock(), _using(name):
        call_command("migrate", verbosity=0, interactive=False)
    return name


@pytest.fixture
def hotline_database(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A fresh database for one test that commits for real; yields its URL for other processes.

    Use it in place of `transactional_db`, which empties tables by TRUNCATE: ours refuse that.
    """
    name = f"takeback_{os.urandom(6).hex()}"
    host = quote(connections.settings["default"]["HOST"], safe="")
    _administer("CREATE DATABASE {} TEMPLATE {}", name, _database_template(django_db_blocker))
    try:
        with django_db_blocker.unblock(), _using(name):
            yield f"postgresql://postgres@/{name}?host={host}"
    finally:
        _administer("DROP DATABASE {} WITH (FORCE)", name)


UseDatabase = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def second_database(
    django_db_blocker: DjangoDbBlocker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[UseDatabase]:
    """A database of a second hotline beside `hotline_database`; call it to work on that one."""
    name = f"takeback_{os.urandom(6).hex()}"
    _administer("CREATE DATABASE {} TEMPLATE {}", name, _database_template(django_db_blocker))

    @contextmanager
    def use() -> Iterator[None]:
        with monkeypatch.context() as there, _using(name):
            there.setenv("TAKEBACK_MARK", str(tmp_path / "second-mark"))
            yield

    try:
        yield use
    finally:
        _administer("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def keys_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of secrets that no other test writes into: those that the database rests on."""
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o700)
    for name in SECRETS_OF_A_HOTLINE:
        shutil.copy(secrets_directory() / name, folder)
    monkeypatch.setenv("TAKEBACK_SECRETS", str(folder))
    secret.cache_clear()
    yield
    secret.cache_clear()


@pytest.fixture(autouse=True)
def _nothing_was_signed_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test has a database of its own: what others have signed must not stop its log."""
    monkeypatch.setenv("TAKEBACK_MARK", str(tmp_path / "mark"))


@pytest.fixture(autouse=True)
def _nobody_has_asked_before() -> None:
    """Every test comes from one address: what the last one did must not slow the next."""
    from takeback.hotline.limits.actions import forget_everyone  # noqa: PLC0415 - needs settings

    forget_everyone()


def disconnect() -> None:
    """Close this thread's connection and the pool: a database in use can't be cloned or dropped."""
    connection = connections["default"]
    assert isinstance(connection, DatabaseWrapper)
    connection.close()
    connection.close_pool()


def _administer(statement: str, *names: str) -> None:
    settings = connections.settings["default"]
    with psycopg.connect(
        host=settings["HOST"], user=settings["USER"], dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
