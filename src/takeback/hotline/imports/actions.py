"""Brings items of another list onto this one, in transactions with their audit records."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, datetime

from django.db import transaction

from takeback.hashlist.events import FEED_NAME_PATTERN, EntryId
from takeback.hashlist.signals import Signal
from takeback.hotline.audit.actions import record
from takeback.hotline.imports.domain import (
    Checkpoint,
    Gone,
    ImportingError,
    Item,
    Listed,
    Refused,
    Taken,
)
from takeback.hotline.imports.models import Feed, ImportedEntry
from takeback.hotline.publishing.actions import tells_enough, withdraw_entries
from takeback.hotline.publishing.importing import list_imported, room_today

_ACTOR = "operator"
_AT_ONCE = 200


@transaction.atomic
def open_feed(name: str, source: str, *, dry_run: bool = False) -> Feed:
    """Return the feed of this name, new if there is none; raises ImportingError.

    A name stands for one source: to read another under it would withdraw what the first has.
    `dry_run`: a new one is not kept.
    """
    if not re.fullmatch(FEED_NAME_PATTERN, name):
        raise ImportingError("A feed's name has 1 to 64 characters of a-z, 0-9, dot, _ and -.")
    if dry_run:
        feed = Feed.objects.filter(name=name).first() or Feed(name=name, source=source)
    else:
        feed, made = Feed.objects.get_or_create(name=name, defaults={"source": source})
        if made:
            record("import.begun", f"feed {name}", _ACTOR)
    if feed.source != source:
        raise ImportingError(
            f"The feed {name} is read from {feed.source}. Give another source another name; if it "
            "has moved, say so: --moved."
        )
    return feed


@transaction.atomic
def move_feed(name: str, source: str) -> None:
    """Say that a feed is read from somewhere else now; it is then read from its beginning."""
    changed = Feed.objects.filter(name=name).update(source=source, checkpoint=None)
    if not changed:
        raise ImportingError(f"There is no feed {name} yet.")
    record("import.moved", f"feed {name}", _ACTOR)


@transaction.atomic
def take_in(
    name: str, items: Sequence[Item], *, dry_run: bool = False
) -> tuple[Taken, list[Refused]]:
    """Take items in, in their order; says what came of them, and which are refused and why.

    What is there already is left as it is; what has changed is withdrawn and listed anew; what the
    hotline has withdrawn by itself stays so; what there is no room for today is left for another
    time. `dry_run`: count only, and as if there were room.
    """
    _lock(name)
    last, refused = _latest(items)
    taken = Taken(refused=len(refused))
    known = _known(name, last)
    new: dict[bytes, tuple[Signal, ...]] = {}
    ending: dict[bytes, ImportedEntry] = {}
    for key, item in last.items():
        row = known.get(key)
        if isinstance(item, Gone):
            if row is not None:
                ending[key] = row
                taken.withdrawn += row.entry.withdrawn_at is None
        elif row is None:
            new[key] = item.signals
        elif row.entry.withdrawn_at is not None:
            taken.left_off += 1
        elif bytes(row.content) == _content(item.signals):
            taken.known += 1
        else:
            new[key] = item.signals
    room = len(new) if dry_run else room_today()
    for key in list(new)[room:]:
        del new[key]
        taken.postponed += 1
    ending |= {key: known[key] for key in new if key in known}
    taken.changed = sum(key in known for key in new)
    taken.listed = len(new) - taken.changed
    if dry_run:
        return taken, refused
    _end(ending.values())
    entries = list_imported(name, list(new.values()), _ACTOR)
    ImportedEntry.objects.bulk_create(
        ImportedEntry(feed_id=name, key=key, content=_content(signals), entry_id=entry)
        for (key, signals), entry in zip(new.items(), entries, strict=True)
    )
    return taken, refused


def withdraw_unseen(name: str, seen: Set[bytes], *, dry_run: bool = False) -> int:
    """Withdraw what stands here of a list that was read whole and no longer has it; says how many.

    `seen`: `key_digest` of all that it has. A few hundred in each transaction, so that nobody who
    sends a report meanwhile waits for long; interrupted, the next whole reading goes on.
    """
    rows = ImportedEntry.objects.filter(feed=name).order_by("id").values_list("id", "key")
    unseen = [number for number, key in rows.iterator() if bytes(key) not in seen]
    return sum(
        _end_some(name, unseen[start : start + _AT_ONCE], dry_run=dry_run)
        for start in range(0, len(unseen), _AT_ONCE)
    )


@transaction.atomic
def _end_some(name: str, numbers: Sequence[int], *, dry_run: bool) -> int:
    _lock(name)
    rows = list(ImportedEntry.objects.filter(id__in=numbers).select_related("entry"))
    if not dry_run:
        _end(rows)
    return sum(row.entry.withdrawn_at is None for row in rows)


@transaction.atomic
def keep_checkpoint(name: str, checkpoint: Checkpoint | None) -> None:
    """Keep how far a feed has been read to the end, and when that was."""
    Feed.objects.filter(name=name).update(
        checkpoint=dict(checkpoint) if checkpoint else None, fetched_at=datetime.now(UTC)
    )
    record("import.done", f"feed {name}", _ACTOR)


def drop_feed(name: str) -> int:
    """Withdraw all that stands here of a feed, and forget the feed; says how many entries.

    Raises ImportingError if there is none of this name.
    """
    if not Feed.objects.filter(name=name).exists():
        raise ImportingError(f"There is no feed {name}.")
    count = withdraw_unseen(name, frozenset())
    with transaction.atomic():
        Feed.objects.filter(name=name).delete()
        record("import.dropped", f"feed {name}", _ACTOR)
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
            refused.append(Refused("an entry", "its quality is under the floor of this hotline"))
    return last, refused


def _lock(name: str) -> None:
    """Let imports of one feed go one after the other; a feed that is not kept has none."""
    list(Feed.objects.select_for_update().filter(name=name))


def _known(name: str, wanted: Mapping[bytes, object]) -> dict[bytes, ImportedEntry]:
    rows = ImportedEntry.objects.filter(feed=name, key__in=list(wanted)).select_related("entry")
    return {bytes(row.key): row for row in rows}


def _end(rows: Iterable[ImportedEntry]) -> None:
    """Withdraw entries, and forget what they are called where they came from."""
    ending = list(rows)
    ImportedEntry.objects.filter(id__in=[row.id for row in ending]).delete()
    if ending:
        withdraw_entries([EntryId(row.entry_id) for row in ending], "hotline", _ACTOR)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _content(signals: Iterable[Signal]) -> bytes:
    """Digest fingerprints in an order of their own: lists send the same ones in any."""
    spelt = sorted(one.model_dump_json() for one in signals)
    return hashlib.sha256("\n".join(spelt).encode()).digest()
