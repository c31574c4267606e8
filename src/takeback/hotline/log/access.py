"""Reads the log: its keys, checkpoints, tiles, bundles and openings; and where subjects stand."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max, QuerySet
from psycopg import sql

from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    ResumedEvent,
    parse_event,
)
from takeback.hotline.log import signing
from takeback.hotline.log.models import (
    Checkpoint,
    Cosignature,
    Log,
    LogEntry,
    PendingEvent,
    Publication,
    TileHash,
)
from takeback.tlog.bundles import EventRange, Record, encode_entries, encode_openings
from takeback.tlog.checkpoint import Checkpoint as SignedState
from takeback.tlog.commitments import Opening
from takeback.tlog.merkle import Frontier, leaf_hash
from takeback.tlog.tiles import TILE_WIDTH, BundleRef, TileRef

_OPENINGS = """
    SELECT coalesce(string_agg(
        commitment || CASE
            WHEN audience & %s = 0 OR subject IN ({withheld}) THEN {mark}
            ELSE coalesce(int4send(length(nonce) + length(event)) || nonce || event, {erased})
        END,
        ''::bytea ORDER BY index
    ), ''::bytea)
    FROM {log_entry} WHERE index >= %s AND index < %s
    """

_NEWEST_CONTENTS = sql.SQL(
    """
    SELECT DISTINCT ON (subject) subject, event FROM {log_entry}
    WHERE adds AND event IS NOT NULL ORDER BY subject, index DESC
    """
).format(log_entry=sql.Identifier(LogEntry._meta.db_table))

_AT_A_TIME = 5000


def verifier_key_line() -> str:
    """Return the log's verifier key, `name+hash+base64`."""
    return signing.log_signer().verifier_key.line


def key_pin() -> str:
    """Return the pin of the log's verifier key, as platforms' tokens carry it."""
    return signing.log_signer().verifier_key.pin


def log_origin() -> str:
    """Return the origin of the log, which names this hotline wherever its list goes."""
    return signing.log_origin()


def current_checkpoint() -> tuple[int, bytes]:
    """Return the size of the published log and its signed checkpoint; an empty log has one, too."""
    newest = Checkpoint.objects.filter(publication__isnull=False).order_by("-size").first()
    if newest is not None:
        return newest.size, cosigned_note(newest)
    signer = signing.log_signer()
    return 0, SignedState(signer.name, 0, Frontier().root()).sign(signer)


def published_size() -> int:
    """Return the size of the newest published checkpoint, 0 before the first one."""
    return Publication.objects.aggregate(size=Max("checkpoint"))["size"] or 0


def sequenced_size() -> int:
    """Return the size of the newest signed checkpoint, published or not; 0 before the first one."""
    return Checkpoint.objects.aggregate(Max("size"))["size__max"] or 0


def first_published_beyond(size: int) -> datetime | None:
    """Return when the first checkpoint of more than so many events was published; None before."""
    beyond = Publication.objects.filter(checkpoint__gt=size).order_by("checkpoint")
    return beyond.values_list("published_at", flat=True).first()


def published_at(size: int) -> datetime:
    """Return when the checkpoint of this size was published; raises LookupError if it was not."""
    published = Publication.objects.filter(checkpoint=size)
    moment = published.values_list("published_at", flat=True).first()
    if moment is None:
        raise LookupError(f"No checkpoint of {size} events was published.")
    return moment


def cosigned_note(checkpoint: Checkpoint) -> bytes:
    """Return a signed checkpoint with the cosignatures it has got so far."""
    lines = Cosignature.objects.filter(checkpoint=checkpoint).order_by("id")
    return bytes(checkpoint.note) + b"".join(map(bytes, lines.values_list("line", flat=True)))


def tile(ref: TileRef) -> bytes | None:
    """Return a tile of the Merkle tree, 32 bytes a hash, or None if there is none."""
    bundle = ref.bundle
    if not _exists(bundle, ref.level):
        return None
    if ref.level == 0:
        return b"".join(leaf_hash(commitment) for commitment in _commitments(bundle))
    hashes = TileHash.objects.filter(
        level=ref.level, index__gte=bundle.start, index__lt=bundle.end
    ).order_by("index")
    return b"".join(bytes(digest) for digest in hashes.values_list("hash", flat=True))


def entry_bundle(ref: BundleRef) -> bytes | None:
    """Return an entry bundle, which holds commitments only, or None if there is none."""
    return encode_entries(_commitments(ref)) if _exists(ref) else None


def openings(
    part: EventRange, audience: int, withheld: QuerySet[Any] | None = None
) -> bytes | None:
    """Return the openings of a range, for platforms only, or None if the log is not that long.

    `audience`: bits of what the reader may see; events of subjects that had been open to none of
    them by then are withheld, erased or not. So are those of the subjects that `withheld`, a query
    of one column, finds. The database joins them as `encode_openings` would: a whole list goes out
    in seconds.
    """
    if part.end > current_checkpoint()[0]:
        return None
    found, parameters = withheld.query.sql_with_params() if withheld is not None else ("NULL", ())
    query = _OPENINGS.format(
        withheld=found,
        mark="'\\xffffffff'::bytea",
        erased="'\\x00000000'::bytea",
        log_entry=LogEntry._meta.db_table,
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [audience, *parameters, part.start, part.end])
        (joined,) = cursor.fetchone()
    return bytes(joined)


def purpose_opening() -> bytes | None:
    """Return the opening of the log's first event, its purpose, which is public; None before it."""
    row = LogEntry.objects.filter(index=0).first()
    return encode_openings([Record(bytes(row.commitment), _opening(row))]) if row else None


def newest_addition(
    subject: str, before: int | None = None
) -> AddedEvent | AmendedEvent | ResumedEvent | None:
    """Return the event that last brought a subject into force, None if none stands open.

    `before`: only events of lower indexes count.
    """
    rows = LogEntry.objects.filter(subject=subject, adds=True, event__isnull=False)
    if before is not None:
        rows = rows.filter(index__lt=before)
    row = rows.order_by("-index").first()
    opened = parse_event(bytes(row.event or b"")) if row is not None else None
    return opened if isinstance(opened, AddedEvent | AmendedEvent | ResumedEvent) else None


def log_mark() -> UUID | None:
    """Return what tells this database's log from that of any other; None before it begins."""
    return Log.objects.values_list("mark", flat=True).first()


def stands_in_log(subject: str) -> bool:
    """Whether the log has an event about a subject."""
    return LogEntry.objects.filter(subject=subject).exists()


def standing_in_log(subjects: Sequence[str]) -> set[str]:
    """Return those of the subjects that the log has an event about."""
    rows = LogEntry.objects.filter(subject__in=subjects).values_list("subject", flat=True)
    return {subject for subject in rows if subject is not None}


def indexes_of(subjects: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Return the log indexes, ascending, of the events about each subject that the log has."""
    rows = LogEntry.objects.filter(subject__in=subjects).order_by("index")
    indexes: dict[str, list[int]] = {}
    for subject, index in rows.values_list("subject", "index"):
        indexes.setdefault(subject or "", []).append(index)
    return {subject: tuple(found) for subject, found in indexes.items()}


def newest_contents() -> Iterator[list[tuple[str, bytes]]]:
    """Yield, some at a time, each subject and the newest event that brought it into force."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST_CONTENTS)
        while rows := cursor.fetchmany(_AT_A_TIME):
            yield [(subject, bytes(event)) for subject, event in rows]


def contents_of(subjects: Sequence[str]) -> dict[str, bytes]:
    """Return the newest event that brings each subject into force, in the log or on its way there.

    Subjects whose contents are erased, or that never came, are left out.
    """
    # First what waits: an event that goes into the log meanwhile is then found there.
    waiting = PendingEvent.objects.filter(subject__in=subjects, adds=True).order_by("id")
    pending = list(waiting.values_list("subject", "event"))
    rows = LogEntry.objects.filter(subject__in=subjects, adds=True, event__isnull=False)
    sequenced = rows.order_by("index").values_list("subject", "event")
    return {subject or "": bytes(event or b"") for subject, event in [*sequenced, *pending]}


def is_pending(subject: str) -> bool:
    """Whether an event about a subject waits to go into the log."""
    return PendingEvent.objects.filter(subject=subject).exists()


def last_pending() -> int:
    """Return the number of the newest pending event, 0 without one."""
    return PendingEvent.objects.aggregate(last=Max("id"))["last"] or 0


def frontier_at(size: int) -> Frontier | None:
    """Return the edge of the tree at a size that was signed or is 0; None at any other size."""
    if size == 0:
        return Frontier()
    signed = Checkpoint.objects.filter(size=size).first()
    return Frontier.from_bytes(bytes(signed.frontier)) if signed is not None else None


def _opening(row: LogEntry) -> Opening | None:
    if row.nonce is None or row.event is None:
        return None
    return Opening(bytes(row.nonce), bytes(row.event))


def _commitments(ref: BundleRef) -> list[bytes]:
    rows = LogEntry.objects.filter(index__gte=ref.start, index__lt=ref.end).order_by("index")
    return [bytes(commitment) for commitment in rows.values_list("commitment", flat=True)]


def _exists(ref: BundleRef, level: int = 0) -> bool:
    """Whether a checkpoint was signed at which this tile stood in the tree with this width."""
    span: int = TILE_WIDTH**level
    checkpoints = Checkpoint.objects.filter(size__gte=ref.end * span)
    if ref.width < TILE_WIDTH:
        checkpoints = checkpoints.filter(size__lt=(ref.end + 1) * span)
    return checkpoints.exists()
