"""What `DATABASE_URL` says counts, for the hotline and for PostgreSQL's own programs."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db.backends.postgresql.base import DatabaseWrapper

from takeback.hotline.backups.programs import connection_environment
from takeback.hotline.foundation.database import django_database
from tests.support.certificates import certified

_SSL_REQUEST = (8).to_bytes(4) + (80877103).to_bytes(4)  # "Message Formats", PostgreSQL's manual


@contextmanager
def server_without_tls() -> Iterator[tuple[int, list[bytes]]]:
    """A port that refuses TLS as PostgreSQL does, and what it is sent in the clear after that."""
    in_the_clear: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def refuse() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    if connection.recv(8) == _SSL_REQUEST:
                        connection.sendall(b"N")
                        in_the_clear.append(connection.recv(1000))

        thread = threading.Thread(target=refuse, daemon=True)
        thread.start()
        yield listening.getsockname()[1], in_the_clear
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)


@pytest.mark.parametrize("command", [("log", "status"), ("backup", "make")])
def test_nothing_goes_to_a_server_without_tls_where_tls_is_asked_for(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    certified("127.0.0.1", tmp_path)
    recipient = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqsqqqqq"
    more = ("backups", "--to", recipient) if command[0] == "backup" else ()
    with server_without_tls() as (port, in_the_clear):
        url = f"postgresql://u@127.0.0.1:{port}/db?sslmode=verify-full&sslrootcert=certificate"
        done = subprocess.run(
            [sys.executable, "-m", "takeback", "hotline", *command, *more],
            env={**os.environ, "DATABASE_URL": url, "TAKEBACK_STATE": str(tmp_path / "state")},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert b"".join(in_the_clear) == b""


def test_what_libpq_knows_reaches_the_hotline_and_the_programs(
    hotline_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "passwords").touch(0o600)
    url = f"{hotline_database}&options=-c%20statement_timeout%3D12345&passfile=passwords"
    url += "&sslmode=prefer&sslrootcert=ours&connect_timeout=7&target_session_attrs=read-write"
    options = parameters_for_psycopg(url)
    assert options["connect_timeout"] == "7"
    assert options["keepalives_idle"] == 5  # what it does not say stays as it is
    with psycopg.connect(**options) as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("12345ms",)
    environment = connection_environment(url)
    assert environment["PGPASSFILE"] == str(tmp_path / "passwords")  # they run in another folder
    assert environment["PGSSLROOTCERT"] == "ours"  # nothing is there, as for `system`
    with_it_only = subprocess.run(
        [sys.executable, "-c", _STATEMENT_TIMEOUT],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert with_it_only.stdout == "12345ms\n"


_STATEMENT_TIMEOUT = """
import psycopg
with psycopg.connect("") as connection:
    print(connection.execute("SHOW statement_timeout").fetchone()[0])
"""


@pytest.mark.parametrize(
    "url", ["postgresql://a%40b:p%2Fw@[::1]:5433/d%20b", "postgres://h1:1,h2:2/db", "postgresql://"]
)
def test_hotline_and_programs_mean_the_same_by_a_url(url: str) -> None:
    options = parameters_for_psycopg(url)
    environment = connection_environment(url)
    for name in ("user", "password", "host", "port", "dbname"):
        variable = "PGDATABASE" if name == "dbname" else f"PG{name.upper()}"
        assert (options.get(name) or None) == environment.get(variable)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("sslmod=require", "sslmod"),
        ("keepalives=0", "keepalives"),
        ("sslpassword=secret", "sslpassword"),
        ("replication=true", "replication"),
        ("client_encoding=latin1", "client_encoding"),
        ("application_name=mine", "application_name"),
        ("dbname=another", "dbname"),
    ],
)
def test_what_cant_be_honoured_is_refused_by_name(query: str, name: str) -> None:
    url = f"postgresql://u:hidden@h/db?{query}"
    for use in (django_database, connection_environment):
        with pytest.raises(ValueError, match=rf"\b{name}\b") as refused:
            use(url)
        assert "secret" not in str(refused.value)


def test_a_url_that_cant_be_read_is_not_quoted() -> None:
    for url in ("postgresql://u:hidden@[::1/db", "postgresql://u:hid%zzden@h/db"):
        with pytest.raises(ValueError, match="DATABASE_URL") as refused:
            django_database(url)
        assert "hid" not in str(refused.value)


def parameters_for_psycopg(url: str) -> dict[str, Any]:
    """What Django gives to psycopg."""
    defaults: dict[str, object] = {
        "TIME_ZONE": None,
        "AUTOCOMMIT": True,
        "ATOMIC_REQUESTS": False,
        "TEST": {},
    }
    wrapper = DatabaseWrapper(defaults | django_database(url), "another")
    parameters = wrapper.get_connection_params()
    return {name: parameters[name] for name in parameters.keys() - _DJANGO_OWN}


_DJANGO_OWN = {"context", "cursor_factory", "prepare_threshold", "pool", "client_encoding"}
