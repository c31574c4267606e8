"""One import from beginning to end: reads page by page, takes each in, and keeps how far it got."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import BinaryIO

from django.conf import settings

from takeback.hotline.audit.domain import OPERATOR, Actor
from takeback.hotline.imports import actions
from takeback.hotline.imports.alone import alone_on
from takeback.hotline.imports.domain import (
    Cursor,
    FileFormat,
    ImportingError,
    Item,
    Listed,
    NoRoomTodayError,
    Page,
    Refused,
    Taken,
)
from takeback.hotline.imports.reading.files import read_file
from takeback.hotline.imports.reading.shapes import Remote
from takeback.hotline.log.access import log_origin

_AT_ONCE = 1000

Progress = Callable[[Taken, list[Refused]], None]
"""Told after each step: what came of the import so far, and what was refused in this step."""


def import_from_server(
    name: str,
    remote: Remote,
    tell: Progress,
    *,
    anew: bool = False,
    moved: bool = False,
    dry_run: bool = False,
    actor: Actor = OPERATOR,
) -> Taken:
    """Take in what has changed on a server since the last time; returns what came of it.

    The first time, and `anew`, it reads the whole list, and withdraws what stands here from before
    and is not there, unless a record can't be read. `moved`: the feed has another address now.
    Raises ImportingError, also when another run has the feed; what was taken in before stays, and
    the next import goes on.
    """
    source = f"{remote.shape} {remote.address.rstrip('/')}"
    with _alone_on(name, dry_run):
        feed = actions.open_feed(name, source, moved=moved, dry_run=dry_run, actor=actor)
        since: Cursor | None = None if anew else feed.cursor
        if since and feed.fetched_at is not None and remote.too_long_ago(feed.fetched_at):
            raise ImportingError(
                "The last import was so long ago that the server may have forgotten what was taken "
                "off since. Read all of it: --anew."
            )
        run = _Run(name, tell, actor, whole=since is None, dry_run=dry_run)
        return run.take_all(remote.pages(since, settings.QUALITY_FLOOR))


def import_from_file(
    name: str,
    file: BinaryIO,
    form: FileFormat,
    tell: Progress,
    *,
    whole: bool = False,
    dry_run: bool = False,
    actor: Actor = OPERATOR,
) -> Taken:
    """Take in a file; returns what came of it.

    `whole`: the file is all that the list has, so what stands here from before and is not in it is
    withdrawn, unless a line could not be read. Raises ImportingError.
    """
    with _alone_on(name, dry_run):
        actions.open_feed(name, f"file {form}", dry_run=dry_run, actor=actor)
        run = _Run(name, tell, actor, whole=whole, dry_run=dry_run)
        return run.take_all(_pages(read_file(file, form, settings.QUALITY_FLOOR, log_origin())))


def _alone_on(name: str, dry_run: bool) -> AbstractContextManager[None]:
    """Hold a feed; a dry run changes nothing and is in nobody's way."""
    return nullcontext() if dry_run else alone_on(name)


def _pages(items: Iterable[Item]) -> Iterator[Page]:
    rest = iter(items)
    while batch := tuple(islice(rest, _AT_ONCE)):
        yield Page(batch)


class _Run:
    """What one import has done so far."""

    def __init__(
        self, name: str, tell: Progress, actor: Actor, *, whole: bool, dry_run: bool
    ) -> None:
        self._taken = Taken()
        self._name, self._tell, self._actor = name, tell, actor
        self._whole, self._dry_run = whole, dry_run
        self._seen: set[bytes] = set()
        self._may_have_missed = False

    def take_all(self, pages: Iterable[Page]) -> Taken:
        """Take pages in to the last, withdraw what a whole list no longer has; keep the cursor."""
        reached: Cursor | None = None
        for page in pages:
            self._take(page)
            reached = page.cursor
        if self._whole:
            self._end_missing()
        if not self._dry_run:
            actions.keep_cursor(self._name, reached, actor=self._actor)
        return self._taken

    def _take(self, page: Page) -> None:
        taken, refused = actions.take_in(
            self._name, page.items, dry_run=self._dry_run, actor=self._actor
        )
        for item in page.items:
            if isinstance(item, Listed) and self._whole:
                self._seen.add(actions.key_digest(item))
            if isinstance(item, Refused) and item.hides:
                self._may_have_missed = True
        self._taken.add(taken)
        self._tell(self._taken, refused)
        if self._taken.postponed:
            raise NoRoomTodayError(
                "As many entries were imported today as may be: half of those that the purpose of "
                "the list allows. Run it again tomorrow; it goes on where it is."
            )

    def _end_missing(self) -> None:
        spare = self._may_have_missed
        missing = actions.withdraw_unseen(
            self._name, self._seen, dry_run=self._dry_run or spare, actor=self._actor
        )
        self._taken.add(Taken(spared=missing) if spare else Taken(withdrawn=missing))
        self._tell(self._taken, [])
