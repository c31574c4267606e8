"""Waits for the log to grow: one listening connection a process, however many wait."""

import asyncio
import contextlib
import logging
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from asgiref.sync import sync_to_async
from psycopg import sql

from takeback.hotline.foundation.database import connection_options
from takeback.hotline.log.models import Checkpoint, Cosignature, Publication
from takeback.hotline.log.publication import CHANNEL

_LOOK_ANYWAY_SECONDS = 5.0  # should an announcement ever be lost
_TRY_AGAIN_SECONDS = 1.0

_log = logging.getLogger(__name__)


class LogWatch:
    """Tells everyone who waits in one event loop about each new checkpoint.

    PostgreSQL is listened to only while somebody waits. The first thing a new listener does is to
    look at the log, so that nothing is missed in between.
    """

    def __init__(self) -> None:
        self._newest: tuple[int, bytes] = (-1, b"")
        self._grown = asyncio.Condition()
        self._waiting = 0
        self._listener: asyncio.Task[None] | None = None
        self.is_over = False
        """Whether the program stops: whoever waits is to ask elsewhere, or later."""

    async def end(self) -> None:
        """Let everyone who waits have their answer now, as if their time were over."""
        async with self._grown:
            self.is_over = True
            self._grown.notify_all()

    async def checkpoint_after(self, size: int, seconds: float) -> bytes | None:
        """Return the signed checkpoint once the log is larger than `size`, None if it stays."""
        newest = await self.newest_after(size, seconds)
        return newest[1] if newest else None

    async def newest_after(self, size: int, seconds: float) -> tuple[int, bytes] | None:
        """Return size and checkpoint once the log is larger than `size`, None if it stays."""
        self._waiting += 1
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        try:
            async with asyncio.timeout(seconds), self._grown:
                await self._grown.wait_for(lambda: self.is_over or self._newest[0] > size)
                return self._newest if self._newest[0] > size else None
        except TimeoutError:
            return None
        finally:
            self._waiting -= 1
            if not self._waiting and self._listener:
                self._listener.cancel()
                self._listener = None

    async def _listen(self) -> None:
        options = await sync_to_async(connection_options)()
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                try:
                    await self._follow(options)
                except psycopg.OperationalError as error:
                    _log.warning("The database can't be listened to: %s", type(error).__name__)
                    await asyncio.sleep(_TRY_AGAIN_SECONDS)

    async def _follow(self, options: dict[str, Any]) -> None:
        async with await psycopg.AsyncConnection.connect(**options, autocommit=True) as connection:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            while True:
                newest = await (await connection.execute(_NEWEST)).fetchone()
                if newest is not None and newest[0] > self._newest[0]:
                    async with self._grown:
                        self._newest = newest
                        self._grown.notify_all()
                async for _ in connection.notifies(timeout=_LOOK_ANYWAY_SECONDS, stop_after=1):
                    pass


_NEWEST = sql.SQL(
    """
    SELECT size, note || coalesce(
        (SELECT string_agg(line, ''::bytea ORDER BY id) FROM {cosignature}
         WHERE checkpoint_id = size), ''::bytea)
    FROM {checkpoint} JOIN {publication} ON checkpoint_id = size ORDER BY size DESC LIMIT 1
    """
).format(
    checkpoint=sql.Identifier(Checkpoint._meta.db_table),
    cosignature=sql.Identifier(Cosignature._meta.db_table),
    publication=sql.Identifier(Publication._meta.db_table),
)

_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, LogWatch] = WeakKeyDictionary()


def log_watch() -> LogWatch:
    """Return the watch of the running event loop."""
    return _watches.setdefault(asyncio.get_running_loop(), LogWatch())
