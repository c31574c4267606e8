"""One import from beginning to end: reads page by page, takes each in, and keeps how far it got."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import BinaryIO

from django.conf import settings

from takeback.hotline.imports import actions
from takeback.hotline.imports.domain import (
    Checkpoint,
    FileFormat,
    ImportingError,
    Item,
    Listed,
    NoRoomTodayError,
    Page,
    Refused,
    Taken,
)
from takeback.hotline.imports.files import read_file
from takeback.hotline.imports.shapes import Remote
from takeback.hotline.publishing.access import log_origin

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
) -> Taken:
    """Take in what has changed on a server since the last time; returns what came of it.

    The first time, and `anew`, it reads the whole list, and withdraws what stands here from before
    and is not there. `moved`: the feed has another address now. Raises ImportingError; what was
    taken in before stays, and the next import goes on.
    """
    source = f"{remote.shape} {remote.address.rstrip('/')}"
    if moved:
        actions.move_feed(name, source)
    feed = actions.open_feed(name, source, dry_run=dry_run)
    since: Checkpoint | None = None if anew else feed.checkpoint
    if since is not None and feed.fetched_at is not None and remote.too_long_ago(feed.fetched_at):
        raise ImportingError(
            "The last import was so long ago that the server may have forgotten what was taken "
            "off since. Read all of it: --anew."
        )
    run = _Run(name, tell, whole=since is None, dry_run=dry_run)
    reached: Checkpoint | None = None
    for page in remote.pages(since, settings.QUALITY_FLOOR):
        run.take(page)
        reached = page.checkpoint
    run.finish(reached)
    return run.taken


def import_from_file(
    name: str,
    file: BinaryIO,
    form: FileFormat,
    tell: Progress,
    *,
    whole: bool = False,
    dry_run: bool = False,
) -> Taken:
    """Take in a file; returns what came of it.

    `whole`: the file is all that the list has, so what stands here from before and is not in it is
    withdrawn, unless a line could not be read. Raises ImportingError.
    """
    actions.open_feed(name, f"file {form}", dry_run=dry_run)
    run = _Run(name, tell, whole=whole, dry_run=dry_run)
    items = read_file(file, form, settings.QUALITY_FLOOR, log_origin())
    for page in _pages(items):
        run.take(page)
        run.whole = run.whole and not any(isinstance(one, Refused) for one in page.items)
    run.finish(None)
    return run.taken


def _pages(items: Iterable[Item]) -> Iterator[Page]:
    rest = iter(items)
    while some := tuple(islice(rest, _AT_ONCE)):
        yield Page(some)


class _Run:
    """What one import has done so far."""

    def __init__(self, name: str, tell: Progress, *, whole: bool, dry_run: bool) -> None:
        self.taken = Taken()
        self._name, self._tell = name, tell
        self.whole, self._dry_run = whole, dry_run
        self._seen: set[bytes] = set()

    def take(self, page: Page) -> None:
        taken, refused = actions.take_in(self._name, page.items, dry_run=self._dry_run)
        if self.whole:
            self._seen.update(
                actions.key_digest(one) for one in page.items if isinstance(one, Listed)
            )
        self.taken.add(taken)
        self._tell(self.taken, refused)
        if self.taken.postponed:
            raise NoRoomTodayError(
                "As many entries were imported today as may be: half of those that the purpose of "
                "the list allows. Run it again tomorrow; it goes on where it is."
            )

    def finish(self, reached: Checkpoint | None) -> None:
        if self.whole:
            self.taken.withdrawn += actions.withdraw_unseen(
                self._name, self._seen, dry_run=self._dry_run
            )
            self._tell(self.taken, [])
        if not self._dry_run:
            actions.keep_checkpoint(self._name, reached)
