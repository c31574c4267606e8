"""Doubts whether this database holds all that the log's key has signed; one is enough to stop.

A doubt is a row, so that the pages and every process know of it; the mark is read by the worker.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.db import connection

from takeback.hotline.log.access import frontier_at, log_origin
from takeback.hotline.log.actions import ask_for_sequencing
from takeback.hotline.log.continuity.mark import (
    Mark,
    MarkError,
    alone_with_mark,
    mark_path,
    read_mark,
    write_mark,
)
from takeback.hotline.log.domain import DoubtKind
from takeback.hotline.log.models import Checkpoint, Doubt, Publication
from takeback.hotline.log.signing import known_keys
from takeback.tlog.checkpoint import Checkpoint as SignedState
from takeback.tlog.checkpoint import parse_checkpoint
from takeback.tlog.errors import LogError
from takeback.tlog.signed_note import open_note, split_note

_ADVICE: Final = 'Read "When you restore" in docs/hotline.md.'
_THE_MARK: Final = "the mark"
_THE_OPERATOR: Final = "the operator"
_NO_MARK: Final = "no mark"
_MOST_WHY: Final = 500

_log = logging.getLogger(__name__)

_IDENTITY: Final = """
    SELECT concat_ws('/',
        (SELECT system_identifier FROM pg_control_system()),
        (SELECT timeline_id FROM pg_control_checkpoint()),
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        (SELECT %s::regclass::oid))
    """


@dataclass(frozen=True, slots=True)
class SigningStop:
    """Why nothing is signed or published: a sentence and what to do, and since when.

    `kind`: what sort of doubt it is; `size`: how many events somebody knows of, 0 if not known.
    """

    kind: DoubtKind
    why: str
    since: datetime
    size: int


class _LastWords:
    """What this process has logged last, so that it logs each reason once."""

    why: str | None = None


def contains(state: SignedState) -> bool:
    """Whether this log has been in a signed state: the tree of that size has that root."""
    edge = frontier_at(state.size)
    return edge is not None and edge.root() == state.root_hash


def signing_stop() -> SigningStop | None:
    """Return why nothing may be signed or published now, None if nothing stands in the way.

    What was shown and is contained by now, as in a better backup, is no doubt any more.
    """
    rows = Doubt.objects.filter(settled_at=None)
    for row in sorted(rows, key=lambda row: list(DoubtKind).index(DoubtKind(row.kind))):
        if row.note is None or not contains(_state_of(bytes(row.note))):
            kind = DoubtKind(row.kind)
            return SigningStop(kind, f"{_sentence(kind, row)} {_ADVICE}", row.since, row.size)
    return None


def mark_is_in_trouble() -> bool:
    """Whether nothing is signed because the mark can't be read or written, which may pass."""
    return Doubt.objects.filter(kind=DoubtKind.MARK, note=None, settled_at=None).exists()


def stop_seen_from_here() -> SigningStop | None:
    """Return `signing_stop()`, and what the mark says where this process can read it.

    It changes nothing: commands may run on a machine that has no mark.
    """
    stop = signing_stop()
    if stop is not None:
        return stop
    try:
        mark = read_mark(log_origin())
    except MarkError as error:
        return SigningStop(DoubtKind.MARK, f"{error} {_ADVICE}", datetime.now(UTC), 0)
    if mark is None or contains(mark.state):
        return None
    row = Doubt(size=mark.state.size, note=mark.note, since=datetime.now(UTC))
    why = f"{_sentence(DoubtKind.MARK, row)} {_ADVICE}"
    return SigningStop(DoubtKind.MARK, why, row.since, row.size)


def note_restored(source: str = _THE_OPERATOR) -> None:
    """Note that the database comes from a backup; nothing is signed until that is settled.

    `source`: who says so, up to 300 characters: the operator (`takeback hotline log restored`), or
    what has restored it.
    """
    _doubt(DoubtKind.RESTORED, source, size=_signed_size())
    ask_for_sequencing()


def doubt_by(source: str, note: bytes, state: SignedState) -> None:
    """Note that somebody holds a signed state that this log does not contain.

    Of each source the longest is kept.
    """
    known = Doubt.objects.filter(kind=DoubtKind.SHOWN, source=source).first()
    if known is None or known.size < state.size or contains(_state_of(bytes(known.note or b""))):
        _doubt(DoubtKind.SHOWN, source, size=state.size, note=note)
        ask_for_sequencing()


def settle_restored() -> bool:
    """Take it that nobody knows of more than a restored database; says whether that was doubted.

    The worker puts the mark right before it signs anything.
    """
    rows = Doubt.objects.filter(kind=DoubtKind.RESTORED, settled_at=None)
    settled = bool(rows.update(settled_at=datetime.now(UTC)))
    if settled:
        ask_for_sequencing()
    return settled


def size_before_restore() -> int:
    """Return up to which size this log is surely a beginning of the one that was lost.

    All of it, if the mark knows more: then nothing was signed since. 0 if that is not known.
    """
    if Doubt.objects.filter(kind=DoubtKind.MARK, note__isnull=False).exists():
        return _signed_size()
    sizes = Doubt.objects.filter(kind=DoubtKind.RESTORED, settled_at=None)
    return max(sizes.values_list("size", flat=True), default=0)


def doubted_since() -> datetime | None:
    """Return when it was first doubted that this database is the newest; None if it is not."""
    return Doubt.objects.order_by("since").values_list("since", flat=True).first()


def keep_mark() -> bool:
    """Bring the mark up to what is signed, if the log contains it; says whether signing may go on.

    The worker calls it before it signs, and again before anybody hears of what it has signed:
    what has been published is always in the mark. Why it may not is logged once.
    """
    try:
        with alone_with_mark():
            _keep_mark()
    except MarkError as error:
        _doubt(DoubtKind.MARK, _THE_MARK, why=str(error)[:_MOST_WHY])
    stop = signing_stop()
    _say(stop)
    return stop is None


def _keep_mark() -> None:
    origin, database = log_origin(), _database_identity()
    mark, newest = read_mark(origin), Checkpoint.objects.order_by("-size").first()
    if mark is not None and not contains(mark.state):
        _doubt(DoubtKind.MARK, _THE_MARK, size=mark.state.size, note=mark.note)
        return
    if mark is not None and not _is_ours(mark):
        raise MarkError(
            f"The mark {mark_path(origin)} was signed with a key of this log that is not here. "
            "Don't remove it; restore that key from a backup."
        )
    doubts = list(Doubt.objects.all())  # there is none, on nearly every day
    settled = [row.id for row in doubts if row.settled_at is not None]
    size = newest.size if newest is not None else 0
    if not settled and mark is None and Publication.objects.exists():
        doubts.append(_doubt(DoubtKind.RESTORED, _NO_MARK, size=size))
    elif not settled and mark is not None and mark.database != database:
        doubts.append(_doubt(DoubtKind.RESTORED, f"database {database}", size=size))
    if any(row.kind == DoubtKind.MARK for row in doubts):
        Doubt.objects.filter(kind=DoubtKind.MARK).delete()
    if newest is None or (doubts and signing_stop() is not None):
        return
    if mark is None or mark.state.size < newest.size or mark.database != database:
        write_mark(origin, bytes(newest.note), database)
    if settled:
        Doubt.objects.filter(id__in=settled).delete()


def _is_ours(mark: Mark) -> bool:
    try:
        open_note(mark.note, known_keys())
    except LogError:
        return False
    return True


def _doubt(
    kind: DoubtKind, source: str, *, size: int = 0, note: bytes | None = None, why: str = ""
) -> Doubt:
    row, is_new = Doubt.objects.get_or_create(
        kind=kind,
        source=source,
        defaults={"size": size, "note": note, "why": why, "since": datetime.now(UTC)},
    )
    if not is_new and (row.size, row.why, bytes(row.note or b"")) != (size, why, note or b""):
        row.size, row.note, row.why = size, note, why
        row.save(update_fields=["size", "note", "why"])
    return row


def _sentence(kind: DoubtKind, row: Doubt) -> str:
    match kind:
        case DoubtKind.SHOWN:
            return (
                f"Nothing is signed: {row.source} holds a checkpoint of {row.size} events that "
                f"this log's key has signed, and this database, with {_signed_size()}, does not "
                "contain it. Was an old backup restored?"
            )
        case DoubtKind.MARK if row.note is None:
            return f"Nothing is signed: {row.why}"
        case DoubtKind.MARK:
            return (
                f"Nothing is signed: the mark outside the database says that {row.size} events "
                f"were signed, and this database, with {_signed_size()}, does not contain them. "
                "Was an old backup restored?"
            )
        case DoubtKind.RESTORED:
            return (
                f"Nothing is signed: this database, with {row.size} events, was restored or moved "
                f"({row.source}), and no witness and no gate has shown yet that it is the newest."
            )


def _say(stop: SigningStop | None) -> None:
    why = stop.why if stop is not None else None
    if why == _LastWords.why:
        return
    if why is not None:
        _log.error("%s", why)
    else:
        _log.warning("Signing goes on.")
    _LastWords.why = why


def _state_of(note: bytes) -> SignedState:
    return parse_checkpoint(split_note(note)[0])


def _signed_size() -> int:
    return Checkpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0


def _database_identity() -> str:
    """Tell this database from every copy of it: cluster, timeline, database and table."""
    with connection.cursor() as cursor:
        cursor.execute(_IDENTITY, [Checkpoint._meta.db_table])
        (identity,) = cursor.fetchone()
    return str(identity)
