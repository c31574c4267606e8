"""A server's database in a backup: what its own `pg_dump` writes, and a new database from that."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from takeback.hotline.backups.archive import ArchiveWriter, Member
from takeback.hotline.backups.domain import BackupError
from takeback.hotline.backups.programs import connection_environment, programs_of, server_major
from takeback.hotline.foundation.database import connection_parameters

MEMBERS: Final = "dump"
_PIECE: Final = 1 << 20
_MOST_NAME: Final = 63  # bytes of an identifier in PostgreSQL
_FROM_WHERE_TO_ADMINISTER: Final = ("postgres", "template1")


def add_dump(archive: ArchiveWriter, url: str) -> None:
    """Put a dump of a server's database into an archive: one moment of it. Raises BackupError."""
    with programs_of(server_major(url)).running(
        "pg_dump",
        # Not compressed: the whole archive is.
        *("--format=custom", "--compress=0", "--no-owner", "--no-acl", "--no-password"),
        environment=connection_environment(url),
    ) as (_, output):
        archive.add_unsized(MEMBERS, output)


def size_of_database(url: str) -> int:
    """Return about how many bytes a dump has, at most."""
    with psycopg.connect(make_conninfo(**connection_parameters(url))) as connection:
        rows = connection.execute("SELECT pg_database_size(current_database())").fetchall()
        return int(rows[0][0])


class StagedDump:
    """A dump in a database beside the one of `DATABASE_URL`, until it takes its place and name.

    The role of the URL must be allowed to make databases (`CREATEDB`).
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._name = connection_parameters(url)["dbname"]
        self._beside = _short(self._name, "_restoring")
        self._running = ExitStack()
        self._alone = ExitStack()
        self._alone.enter_context(_only_restore(url, self._name))
        self._drop()
        self._administer("CREATE DATABASE {} TEMPLATE template0", self._beside)
        with _administrator(url, self._name) as connection:
            major = connection.info.server_version // 10000
        environment = connection_environment(url, dbname=self._beside)
        self._restoring = self._running.enter_context(
            programs_of(major).fed(
                "pg_restore",
                *("--dbname", self._beside, "--no-owner", "--no-acl", "--no-password"),
                *("--single-transaction", "--exit-on-error"),
                environment=environment,
            )
        )

    @staticmethod
    def refuse_running(url: str) -> None:
        """Raise BackupError if anybody is connected to the database."""
        name = connection_parameters(url)["dbname"]
        with _administrator(url, name) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> "
                "pg_backend_pid()",
                [name],
            ).fetchone()
        if row is None or row[0]:
            raise BackupError("Somebody is connected to the database. Stop `serve` and `worker`.")

    @staticmethod
    def is_taken(url: str) -> bool:
        """Whether the database holds any table; it need not be there."""
        try:
            conninfo = make_conninfo(**connection_parameters(url))
            with psycopg.connect(conninfo, connect_timeout=10) as connection:
                row = connection.execute(
                    "SELECT EXISTS (SELECT FROM pg_class JOIN pg_namespace ON"
                    " relnamespace = pg_namespace.oid WHERE relkind IN ('r', 'p')"
                    " AND nspname NOT IN ('pg_catalog', 'information_schema'))"
                ).fetchone()
                return row is None or bool(row[0])
        except psycopg.OperationalError:
            return False  # a server that does not answer is said when we administer it

    def take(self, member: Member) -> None:
        """Restore the next piece. Raises BackupError with the server's words."""
        try:
            while piece := member.data.read(_PIECE):
                self._restoring.write(piece)
        except BrokenPipeError as error:
            self._running.close()  # says why it ended
            raise BackupError("pg_restore ended too early.") from error

    @contextmanager
    def running(self) -> Iterator[str]:
        """Finish, and yield the URL of the database beside. Raises BackupError."""
        self._running.close()
        yield _with_database(self._url, self._beside)

    def put_in_place(self, stamp: str) -> str | None:
        """Take the database's name; returns what the former one is called now, if it is kept.

        Nobody may be connected to either. Raises BackupError if somebody is.
        """
        kept = self.is_taken(self._url)
        aside = _short(self._name, f"_replaced_{stamp.lower().replace('-', '')}")
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        try:
            with _administrator(self._url, self._name) as connection:
                exists = connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", [self._name]
                ).fetchone()
                with connection.transaction():
                    if exists:
                        connection.execute(
                            rename.format(sql.Identifier(self._name), sql.Identifier(aside))
                        )
                    connection.execute(
                        rename.format(sql.Identifier(self._beside), sql.Identifier(self._name))
                    )
                if exists and not kept:
                    try:
                        drop = sql.SQL("DROP DATABASE {}").format(sql.Identifier(aside))
                        connection.execute(drop)
                    except psycopg.Error:
                        kept = True  # the other has its place all the same
        except psycopg.errors.ObjectInUse as error:
            raise BackupError(
                "Somebody is connected to the database. Nothing was replaced. Stop `serve` and "
                "`worker`."
            ) from error
        return aside if kept else None

    def discard(self) -> None:
        """Remove what is not in place."""
        with self._alone:
            with suppress(BackupError):  # it is on its way to the operator already
                self._running.close()
            self._drop()

    def _drop(self) -> None:
        self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", self._beside)

    def _administer(self, statement: str, name: str) -> None:
        try:
            with _administrator(self._url, self._name) as connection:
                connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise BackupError(
                "A backup is restored into a database of its own first, and this role may not "
                "make one: ALTER ROLE … CREATEDB, until it is done."
            ) from error


@contextmanager
def _only_restore(url: str, name: str) -> Iterator[None]:
    """Let no other restore go into the database called `name`, from whatever machine.

    Raises BackupError if one is under way.
    """
    with _administrator(url, name) as connection:
        row = connection.execute(
            "SELECT pg_try_advisory_lock(hashtext('takeback restore'), hashtext(%s))", [name]
        ).fetchone()
        if row is None or not row[0]:
            raise BackupError("Another restore is under way. Wait until it has ended.")
        yield


@contextmanager
def _administrator(url: str, name: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """Connect to a database of the server that is not the one called `name`."""
    failure: psycopg.OperationalError | None = None
    for place in _FROM_WHERE_TO_ADMINISTER:
        if place == name:
            continue
        try:
            connection = psycopg.connect(
                make_conninfo(url, dbname=place), autocommit=True, connect_timeout=10
            )
        except psycopg.OperationalError as error:
            failure = failure or error
            continue
        with connection:
            yield connection
            return
    raise BackupError(f"The database does not answer. {failure}") from failure


def _with_database(url: str, name: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{quote(name, safe='')}"))


def _short(name: str, ending: str) -> str:
    """Return a name with an ending that PostgreSQL does not cut off."""
    kept = name.encode()[: _MOST_NAME - len(ending)].decode(errors="ignore")
    return f"{kept}{ending}"
