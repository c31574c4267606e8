"""Reads the log and the list: the only road to their rows for everything but actions."""

import hmac
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection
from django.db.models import (
    Count,
    ExpressionWrapper,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    SmallIntegerField,
    Subquery,
)
from psycopg import sql

from takeback.hashlist.bundles import EventRange, Record, encode_entries, encode_openings
from takeback.hashlist.checkpoint import Checkpoint as SignedState
from takeback.hashlist.commitments import Opening
from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    EntryId,
    ResumedEvent,
    parse_event,
)
from takeback.hashlist.feedback import FeedbackValue
from takeback.hashlist.merkle import Frontier, leaf_hash
from takeback.hashlist.tiles import TILE_WIDTH, BundleRef, TileRef
from takeback.hotline.audit.access import count_of
from takeback.hotline.publishing import signing
from takeback.hotline.publishing.domain import (
    ALL_LANES,
    Change,
    ChangePage,
    ChangeState,
    FeedbackSummary,
    KeySummary,
    ListFigures,
    Outcome,
    PlatformSummary,
    Removal,
    Scope,
    Standing,
    UnknownEntryError,
    no_platform,
    token_digest,
    token_secret,
)
from takeback.hotline.publishing.models import (
    Canary,
    Checkpoint,
    Cosignature,
    Entry,
    Feedback,
    Hold,
    LatestChange,
    LogEntry,
    PendingEvent,
    Platform,
    PlatformFetch,
    PlatformKey,
    TileHash,
)
from takeback.matching.policy import Lane

_END = 2**62
"""Beyond every log index."""

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


def changes(
    lanes: Sequence[Lane],
    since: int,
    before: int | None = None,
    *,
    after: int = -1,
    most: int,
    named_by_pdq: bool = False,
) -> ChangePage:
    """Return entries that changed in a window, each once, as it now stands, in log order.

    The window: stamps from `since` to before `before`, in seconds of the epoch. `after`: log index
    of the last change that the reader has; `most`: how many at a time. Only entries that ever were
    in one of `lanes`; `named_by_pdq`: only those with a PDQ. A page reads no more than it returns.
    """
    wanted = [lane.value for lane in lanes]
    start = max(_first_index(since), after + 1)
    end = _first_index(before) if before is not None else _END
    rows = LatestChange.objects.filter(lanes__overlap=wanted, index__gte=start, index__lt=end)
    if before is not None:  # what was published since the end was looked up lies beyond it
        rows = rows.filter(stamp__lt=before)
    if named_by_pdq:
        rows = rows.filter(pdq__isnull=False)
    found = list(rows.order_by("index")[: most + 1])
    page = tuple(_change(row, wanted) for row in found[:most])
    newest = LatestChange.objects.order_by("-index").values_list("index", flat=True).first()
    last = -1 if newest is None else newest
    return ChangePage(page, min(end, last + 1), len(found) > most, end > last)


def changes_of_pdqs(lanes: Sequence[Lane], pdqs: Iterable[str]) -> dict[str, list[Change]]:
    """Return how the entries that have one of these PDQs (64 hex digits) stand, by PDQ."""
    wanted = [lane.value for lane in lanes]
    values = [bytes.fromhex(one) for one in pdqs]
    rows = LatestChange.objects.filter(pdq__in=values, lanes__overlap=wanted).order_by("index")
    found: dict[str, list[Change]] = {}
    for row in rows:
        change = _change(row, wanted)
        found.setdefault(str(change.pdq), []).append(change)
    return found


def newest_change(lanes: Sequence[Lane], *, most: int) -> tuple[Change, ...]:
    """Return the latest changes of entries with a PDQ, at most so many, in log order."""
    wanted = [lane.value for lane in lanes]
    rows = LatestChange.objects.filter(lanes__overlap=wanted, pdq__isnull=False)
    return tuple(_change(row, wanted) for row in rows.order_by("-index")[:most])[::-1]


def entry_added_at(index: int) -> EntryId | None:
    """Return the entry that the event at this log index added, None if it added none."""
    row = LatestChange.objects.filter(added=index).first()
    return EntryId(row.entry_id) if row else None


def _first_index(stamp: int) -> int:
    """The log index of the first change stamped so or later; beyond all if there is none yet."""
    rows = LatestChange.objects.filter(stamp__gte=stamp).order_by("stamp", "index")
    first = rows.values_list("index", flat=True).first()
    return _END if first is None else first


def _change(row: LatestChange, wanted: list[str]) -> Change:
    live = row.state == ChangeState.LIVE and row.lane in wanted
    return Change(
        EntryId(row.entry_id),
        row.added,
        row.index,
        row.stamp,
        live,
        Lane(row.lane),
        tuple(Lane(one) for one in row.lanes if one in wanted),
        bytes(row.pdq).hex() if row.pdq is not None else None,
        bytes(row.md5).hex() if row.md5 is not None and live else None,
    )


def key_of_token(token: str) -> PlatformKey | None:
    """Return the key of this token with its platform, in force or not; None if nobody has it."""
    secret = token_secret(token)
    if secret is None:
        return None
    digest = token_digest(secret)
    key = PlatformKey.objects.select_related("platform").filter(digest=digest).first()
    return key if key is not None and hmac.compare_digest(bytes(key.digest), digest) else None


def platform_keys(name: str) -> list[KeySummary]:
    """Return all keys of a platform, oldest first; raises PlatformError if there is none so."""
    if not Platform.objects.filter(name=name).exists():
        raise no_platform(name)
    return [
        KeySummary(
            row.id,
            tuple(Scope(one) for one in row.scopes),
            row.review_process,
            row.made_at,
            row.expires_at,
            row.revoked_at,
        )
        for row in PlatformKey.objects.filter(platform__name=name).order_by("id")
    ]


def platform_names() -> list[str]:
    """Return the names of the platforms that follow the list now, in alphabetical order."""
    current = Platform.objects.filter(revoked_at=None).order_by("name")
    return list(current.values_list("name", flat=True))


def platforms() -> list[PlatformSummary]:
    """Return all platforms, in alphabetical order, those revoked included."""
    rows = Platform.objects.order_by("name").annotate(
        fetched_size=Max("platformfetch__size"), fetched_at=Max("platformfetch__fetched_at")
    )
    in_force = PlatformKey.objects.filter(revoked_at=None, expires_at__gt=datetime.now(UTC))
    keys = Counter(in_force.values_list("platform", flat=True))
    return [
        PlatformSummary(
            row.name,
            row.added_at,
            row.revoked_at,
            keys[row.id],
            row.fetched_size or 0,
            row.fetched_at,
        )
        for row in rows
    ]


def outcomes(entries: Iterable[EntryId]) -> list[Outcome]:
    """Return how each entry stands with each platform, in order of entries, then of names.

    A platform whose token was revoked is named only where it had fetched the entry. Ids that were
    never listed are left out.
    """
    wanted = list(dict.fromkeys(entries))
    rows = Entry.objects.in_bulk(wanted)
    said = _feedback(wanted)
    followers = list(Platform.objects.order_by("name"))
    fetched = {platform.id: _fetched(wanted, platform) for platform in followers}
    return [
        Outcome(
            entry,
            platform.name,
            row.listed_at,
            fetched[platform.id].get(entry),
            row.withdrawn_at,
            tuple(said.get((entry, platform.id), ())),
        )
        for entry in wanted
        if (row := rows.get(entry)) is not None
        for platform in followers
        if platform.revoked_at is None or entry in fetched[platform.id]
    ]


def standings(entries: Iterable[EntryId]) -> dict[EntryId, Standing]:
    """Return which of these entries are held, suspended or withdrawn now, and since when."""
    wanted = sorted(set(entries))
    held = Hold.objects.filter(entry__in=wanted, decided_at=None).values_list("entry", "since")
    since = dict(held)
    return {
        EntryId(row.id): Standing(since.get(row.id), row.suspended_at, row.withdrawn_at)
        for row in Entry.objects.filter(id__in=wanted)
    }


def entry_of_reference(platform: str, reference: str) -> EntryId | None:
    """Return the entry of what a platform reported under this id; None if it reported no such."""
    try:
        said_id = UUID(reference)
    except ValueError:
        return None
    said = Feedback.objects.filter(platform__name=platform, said_id=said_id)
    entry = said.values_list("entry", flat=True).first()
    return EntryId(entry) if entry else None


def list_figures() -> ListFigures:
    """Count the entries of the list, by how they stand now, and how often one was put back."""
    held = Q(hold__isnull=False, hold__decided_at=None)
    standing = Q(withdrawn_at=None)
    off = Q(suspended_at__isnull=False)
    counted = Entry.objects.aggregate(
        in_force=Count("pk", filter=standing & ~off & ~held),
        withdrawn=Count("pk", filter=~standing),
        held=Count("pk", filter=standing & held),
        suspended=Count("pk", filter=standing & off),
    )
    return ListFigures(**counted, resumed=count_of("entry.resumed"))


def doubting_platforms(entry: EntryId) -> int:
    """How many platforms that follow the list say that this entry is not what they found.

    What they said before a person last put it into force again does not count.
    """
    seen = Entry.objects.filter(id=entry).values("votes_seen")
    votes = Feedback.objects.filter(
        entry=entry,
        value=FeedbackValue.NOT_THE_SAME,
        platform__revoked_at=None,
        id__gt=Subquery(seen),
    )
    return votes.aggregate(platforms=Count("platform", distinct=True))["platforms"] or 0


def removal_of(entries: Iterable[EntryId]) -> Removal:
    """Return how far withdrawn entries are out of force at the platforms that had got them.

    A platform whose token was revoked gets nothing more and says nothing more: it does not count.
    """
    wanted = sorted(set(entries))
    newest = LogEntry.objects.filter(entry__in=wanted).values("entry").annotate(last=Max("index"))
    # An entry's last event is its withdrawal, unless that still waits to be sealed.
    waits = PendingEvent.objects.filter(entry__in=wanted).exists()
    withdrawn_at = max((row["last"] for row in newest), default=None)
    done = of = 0
    for platform in Platform.objects.filter(revoked_at=None).select_related(
        "platformacknowledgement"
    ):
        if not _fetched(wanted, platform):
            continue
        of += 1
        said = getattr(platform, "platformacknowledgement", None)
        if said is not None and not waits and withdrawn_at is not None:
            done += said.size > withdrawn_at
    return Removal(done, of)


def _fetched(entries: list[EntryId], platform: Platform) -> dict[str, datetime]:
    """When the platform first fetched each of the entries that it has fetched."""
    enough = PlatformFetch.objects.filter(platform=platform, size__gt=OuterRef("index"))
    lanes = ExpressionWrapper(OuterRef("lanes"), SmallIntegerField())
    shared = F("lanes").bitand(lanes)  # type: ignore[arg-type]  # the stubs know numbers only
    shown = enough.annotate(shared=shared).filter(shared__gt=0)
    events = LogEntry.objects.filter(entry__in=entries).annotate(
        fetched_at=Subquery(shown.order_by("fetched_at").values("fetched_at")[:1])
    )
    first = events.filter(fetched_at__isnull=False).values("entry").annotate(at=Min("fetched_at"))
    return dict(first.values_list("entry", "at"))


def _feedback(entries: list[EntryId]) -> dict[tuple[str, int], list[FeedbackSummary]]:
    summaries: dict[tuple[str, int], list[FeedbackSummary]] = {}
    rows = (
        Feedback.objects.filter(entry__in=entries)
        .values_list("entry", "platform", "value")
        .annotate(count=Count("id"), first=Min("time"), last=Max("time"))
        .order_by("first", "value")
    )
    for entry, platform, value, count, first, last in rows:
        summary = FeedbackSummary(FeedbackValue(value), count, first, last)
        summaries.setdefault((entry, platform), []).append(summary)
    return summaries


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
