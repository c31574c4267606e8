"""Brings items of another list onto this one, in transactions with their audit records."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from datetime import UTC, datetime
from typing import Final

from django.db import transaction

from takeback.hashlist.events import FEED_NAME_PATTERN, EntryId, Provenance
from takeback.hashlist.signals import Signal
from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import OPERATOR, Actor, Verb
from takeback.hotline.entries.access import standings
from takeback.hotline.entries.actions import list_entries, tells_enough, withdraw_entries
from takeback.hotline.imports.alone import alone_on
from takeback.hotline.imports.domain import (
    Cursor,
    Gone,
    ImportingError,
    Item,
    Listed,
    Refused,
    Taken,
)
from takeback.hotline.imports.models import Feed, ImportedEntry
from takeback.hotline.log.access import log_origin
from takeback.hotline.log.growth import room_today_for_last
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require
from takeback.signals.lanes import Lane

_AT_ONCE: Final = 500


@transaction.atomic
def open_feed(
    name: str,
    source: str,
    *,
    moved: bool = False,
    dry_run: bool = False,
    actor: Actor = OPERATOR,
) -> Feed:
    """Return the feed of this name, a new one if there is none; raises ImportingError.

    This and all that follow raise NotPermittedError.

    A name stands for one source: to read another under it would withdraw what the first has.
    `moved`: the feed is read from somewhere else now, from the beginning. `dry_run`: what is new is
    not kept.
    """
    require(actor, Permission.IMPORT)
    if not re.fullmatch(FEED_NAME_PATTERN, name):
        raise ImportingError("A feed's name has 1 to 64 characters of a-z, 0-9, dot, _ and -.")
    feed = Feed.objects.filter(name=name).first() or Feed(name=name)
    if moved and not feed.source:
        raise ImportingError(f"There is no feed {name} yet.")
    if feed.source == source and not moved:
        return feed
    if feed.source and not moved:
        raise ImportingError(
            f"The feed {name} is read from {feed.source}. Give another source another name; if it "
            "has moved, say so: --moved."
        )
    feed.source, feed.cursor = source, None
    if not dry_run:
        feed.save()
        record(Verb.IMPORT_MOVED if moved else Verb.IMPORT_BEGUN, f"feed {name}", actor)
    return feed


@transaction.atomic
def take_in(
    name: str, items: Sequence[Item], *, dry_run: bool = False, actor: Actor = OPERATOR
) -> tuple[Taken, list[Refused]]:
    """Take items in, in their order; says what came of them, and which are refused and why.

    What is there already is left as it is; what has changed is withdrawn and listed anew; what the
    hotline has withdrawn by itself stays so; what there is no room for today is left for another
    time. `dry_run`: count only, and as if there were room.
    """
    require(actor, Permission.IMPORT)
    last, refused = _latest(items)
    taken = Taken(refused=len(refused))
    known = _known(name, last)
    off = _taken_off(known.values())
    new: dict[bytes, tuple[Signal, ...]] = {}
    ending: dict[bytes, ImportedEntry] = {}
    for key, item in last.items():
        row = known.get(key)
        if row is not None and row.entry in off:
            taken.left_off += isinstance(item, Listed)
        elif isinstance(item, Gone):
            if row is not None:
                ending[key] = row
        elif row is not None and bytes(row.content) == _content(item.signals):
            taken.known += 1
        else:
            new[key] = item.signals
    room = len(new) if dry_run else room_today_for_last()
    for key in list(new)[room:]:
        del new[key]
        taken.postponed += 1
    ending |= {key: known[key] for key in new if key in known}
    ended = set(ending) if dry_run else _end(ending.values(), actor)
    for key in ending.keys() - ended:  # taken off here in this very moment
        taken.left_off += new.pop(key, None) is not None
    taken.withdrawn = len(ended - new.keys())
    taken.changed = len(ended & new.keys())
    taken.listed = len(new) - taken.changed
    if dry_run:
        return taken, refused
    provenance = Provenance(hotline=log_origin(), source="import", feed=name)
    entries = list_entries(list(new.values()), Lane.IMPORTED, provenance, actor=actor)
    ImportedEntry.objects.bulk_create(
        ImportedEntry(feed_id=name, key=key, content=_content(signals), entry=entry)
        for (key, signals), entry in zip(new.items(), entries, strict=True)
    )
    return taken, refused


def withdraw_unseen(
    name: str, seen: Set[bytes], *, dry_run: bool = False, actor: Actor = OPERATOR
) -> int:
    """Withdraw what stands here of a list that was read whole and no longer has it; says how many.

    `seen`: `key_digest` of all that it has. A few hundred in each transaction, so that nobody who
    sends a report meanwhile waits for long; if it is interrupted, the next whole reading goes on.
    """
    require(actor, Permission.IMPORT)
    rows = ImportedEntry.objects.filter(feed=name).order_by("id").values_list("id", "key")
    unseen = [number for number, key in rows.iterator() if bytes(key) not in seen]
    return sum(
        _end_some(unseen[start : start + _AT_ONCE], actor, dry_run=dry_run)
        for start in range(0, len(unseen), _AT_ONCE)
    )


@transaction.atomic
def _end_some(numbers: Sequence[int], actor: Actor, *, dry_run: bool) -> int:
    rows = list(ImportedEntry.objects.filter(id__in=numbers))
    return len(rows) - len(_taken_off(rows)) if dry_run else len(_end(rows, actor))


@transaction.atomic
def keep_cursor(name: str, cursor: Cursor | None, *, actor: Actor = OPERATOR) -> None:
    """Keep how far a feed has been read to the end, and when that was."""
    require(actor, Permission.IMPORT)
    Feed.objects.filter(name=name).update(
        cursor=dict(cursor) if cursor else None, fetched_at=datetime.now(UTC)
    )
    record(Verb.IMPORT_DONE, f"feed {name}", actor)


def drop_feed(name: str, *, actor: Actor = OPERATOR) -> int:
    """Withdraw all that stands here of a feed, and forget the feed; says how many entries.

    What this hotline took off by itself is kept in mind, should the feed come back under this name.
    Raises ImportingError if no feed has this name.
    """
    require(actor, Permission.IMPORT)
    with alone_on(name):
        feed = Feed.objects.filter(name=name).exclude(source="").first()
        if feed is None:
            raise ImportingError(f"There is no feed {name}.")
        count = withdraw_unseen(name, frozenset(), actor=actor)
        with transaction.atomic():
            feed.source, feed.cursor, feed.fetched_at = "", None, None
            feed.save()
            if not ImportedEntry.objects.filter(feed=feed).exists():
                feed.delete()
            record(Verb.IMPORT_DROPPED, f"feed {name}", actor)
    return count


def key_digest(item: Listed) -> bytes:
    """Return what is kept of an item's key."""
    return _digest(item.key)


def _latest(items: Iterable[Item]) -> tuple[dict[bytes, Listed | Gone], list[Refused]]:
    """Keep what is said last of each key, with the fingerprints that may be listed here."""
    last: dict[bytes, Listed | Gone] = {}
    refused = list[Refused]()
    for item in items:
        if isinstance(item, Refused):
            refused.append(item)
        elif isinstance(item, Gone):
            last[_digest(item.key)] = item
        elif signals := tuple(filter(tells_enough, item.signals)):
            last[_digest(item.key)] = Listed(item.key, signals)
        else:
            # The fingerprints from before are not on their list any more.
            last[_digest(item.key)] = Gone(item.key)
            refused.append(Refused("an entry", "its quality is under the floor of this hotline"))
    return last, refused


def _known(name: str, wanted: Mapping[bytes, object]) -> dict[bytes, ImportedEntry]:
    rows = ImportedEntry.objects.filter(feed=name, key__in=list(wanted))
    return {bytes(row.key): row for row in rows}


def _taken_off(rows: Collection[ImportedEntry]) -> set[str]:
    """The entries that this hotline withdrew by itself: what an import withdraws has no row."""
    found = standings(EntryId(row.entry) for row in rows)
    return {entry for entry, standing in found.items() if standing.withdrawn_at is not None}


def _end(rows: Collection[ImportedEntry], actor: Actor) -> set[bytes]:
    """Withdraw entries, and forget what they are called where they came from; returns their keys.

    Those that this hotline has withdrawn by itself are left, so that they are never listed again.
    """
    if not rows:
        return set()
    ended = set(withdraw_entries([EntryId(row.entry) for row in rows], "hotline", actor))
    ImportedEntry.objects.filter(entry__in=ended).delete()
    return {bytes(row.key) for row in rows if row.entry in ended}


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _content(signals: Iterable[Signal]) -> bytes:
    """Digest fingerprints in sorted order: lists send the same ones in any order."""
    spelt = sorted(signal.model_dump_json() for signal in signals)
    return hashlib.sha256("\n".join(spelt).encode()).digest()
