"""Reads the log: its keys, checkpoints, tiles, bundles and openings."""

from django.db import connection
from psycopg import sql

from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    EntryId,
    ResumedEvent,
    parse_event,
)
from takeback.hotline.publishing import signing
from takeback.hotline.publishing.domain import (
    ALL_LANES,
    UnknownEntryError,
)
from takeback.hotline.publishing.models import (
    Canary,
    Checkpoint,
    Cosignature,
    LogEntry,
    Platform,
    TileHash,
)
from takeback.tlog.bundles import EventRange, Record, encode_entries, encode_openings
from takeback.tlog.checkpoint import Checkpoint as SignedState
from takeback.tlog.commitments import Opening
from takeback.tlog.merkle import Frontier, leaf_hash
from takeback.tlog.tiles import TILE_WIDTH, BundleRef, TileRef

_OPENINGS = sql.SQL(
    """
    SELECT coalesce(string_agg(
        commitment || CASE
            WHEN lanes & %s = 0 OR entry_id IN (
                SELECT entry_id FROM {canary} WHERE platform_id <> %s
            ) THEN {withheld}
            ELSE coalesce(int4send(length(nonce) + length(event)) || nonce || event, {erased})
        END,
        ''::bytea ORDER BY index
    ), ''::bytea)
    FROM {log_entry} WHERE index >= %s AND index < %s
    """
).format(
    erased=sql.Literal(bytes(4)),
    withheld=sql.Literal(b"\xff" * 4),
    canary=sql.Identifier(Canary._meta.db_table),
    log_entry=sql.Identifier(LogEntry._meta.db_table),
)


def verifier_key_line() -> str:
    """Return the log's verifier key, `name+hash+base64`."""
    return signing.log_signer().verifier_key.line


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
    return b"".join(bytes(one) for one in hashes.values_list("hash", flat=True))


def entry_bundle(ref: BundleRef) -> bytes | None:
    """Return an entry bundle, which holds commitments only, or None if there is none."""
    return encode_entries(_commitments(ref)) if _exists(ref) else None


def openings(
    part: EventRange, lanes: int = ALL_LANES, platform: Platform | None = None
) -> bytes | None:
    """Return the openings of a range, for platforms only, or None if the log is not that long.

    `lanes`: bits of those that the reader may see. Events of entries that had been in none of them
    by then are withheld, erased or not; so are canaries of other platforms than the reader. The
    database joins them as `encode_openings` would: a whole list goes out in seconds.
    """
    if part.end > current_checkpoint()[0]:
        return None
    with connection.cursor() as cursor:
        reader = platform.id if platform is not None else None
        cursor.execute(_OPENINGS, [lanes, reader, part.start, part.end])
        (joined,) = cursor.fetchone()
    return bytes(joined)


def purpose_opening() -> bytes | None:
    """Return the opening of the log's first event, its purpose, which is public; None before it."""
    row = LogEntry.objects.filter(index=0).first()
    return encode_openings([Record(bytes(row.commitment), _opening(row))]) if row else None


def listed_content(entry: EntryId) -> AddedEvent | AmendedEvent | ResumedEvent:
    """Return the event that says what an entry now holds; raises UnknownEntryError without one."""
    for event in LogEntry.objects.filter(entry=entry, event__isnull=False).order_by("-index"):
        opened = parse_event(bytes(event.event or b""))
        if isinstance(opened, AddedEvent | AmendedEvent | ResumedEvent):
            return opened
    raise UnknownEntryError(f"The entry {entry} is not in the log, or was withdrawn.")


def _opening(row: LogEntry) -> Opening | None:
    if row.nonce is None or row.event is None:
        return None
    return Opening(bytes(row.nonce), bytes(row.event))


def _commitments(ref: BundleRef) -> list[bytes]:
    rows = LogEntry.objects.filter(index__gte=ref.start, index__lt=ref.end).order_by("index")
    return [bytes(one) for one in rows.values_list("commitment", flat=True)]


def _exists(ref: BundleRef, level: int = 0) -> bool:
    """Whether a checkpoint was signed at which this tile stood in the tree with this width."""
    span: int = TILE_WIDTH**level
    checkpoints = Checkpoint.objects.filter(size__gte=ref.end * span)
    if ref.width < TILE_WIDTH:
        checkpoints = checkpoints.filter(size__lt=(ref.end + 1) * span)
    return checkpoints.exists()
