"""Reads what has changed on the list since a time, for feeds that ask by time.

A reader of a feed follows this list only: what several hotlines must confirm counts as
self-reported.
"""

from collections.abc import Iterable, Mapping, Sequence

from takeback.hashlist.events import EntryId, PurposeEvent, parse_event
from takeback.hashlist.one_list import lane_on_one_list
from takeback.hotline.feeds.domain import Change, ChangePage, ChangeState
from takeback.hotline.feeds.models import LatestChange
from takeback.hotline.log.models import LogEntry
from takeback.signals.lanes import LANE_BITS, Lane

_END = 2**62
"""Beyond every log index."""

_Counting = Mapping[str, Lane]
"""Lanes of the list whose entries a reader gets, and the lane in which they count there."""


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
    wanted = _counting(lanes)
    start = max(_first_index(since), after + 1)
    end = _first_index(before) if before is not None else _END
    rows = LatestChange.objects.filter(lanes__overlap=list(wanted), index__gte=start, index__lt=end)
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
    wanted = _counting(lanes)
    values = [bytes.fromhex(pdq) for pdq in pdqs]
    rows = LatestChange.objects.filter(pdq__in=values, lanes__overlap=list(wanted)).order_by(
        "index"
    )
    found: dict[str, list[Change]] = {}
    for row in rows:
        change = _change(row, wanted)
        found.setdefault(str(change.pdq), []).append(change)
    return found


def newest_change(lanes: Sequence[Lane]) -> Change | None:
    """Return the latest change of an entry with a PDQ in these lanes, None if there is none."""
    wanted = _counting(lanes)
    rows = LatestChange.objects.filter(lanes__overlap=list(wanted), pdq__isnull=False)
    row = rows.order_by("-index").first()
    return _change(row, wanted) if row is not None else None


def lanes_read(lanes: Sequence[Lane]) -> int:
    """Return the lanes of the list whose entries readers of these lanes get, as `LANE_BITS`."""
    return sum(LANE_BITS[Lane(lane)] for lane in _counting(lanes))


def entry_added_at(index: int) -> EntryId | None:
    """Return the entry that the event at this log index added, None if it added none."""
    row = LatestChange.objects.filter(added=index).first()
    return EntryId(row.entry_id) if row else None


def _first_index(stamp: int) -> int:
    """The log index of the first change stamped `stamp` or later; beyond all if there is none."""
    rows = LatestChange.objects.filter(stamp__gte=stamp).order_by("stamp", "index")
    first = rows.values_list("index", flat=True).first()
    return _END if first is None else first


def _counting(lanes: Sequence[Lane]) -> _Counting:
    opening = LogEntry.objects.filter(index=0).values_list("event", flat=True).first()
    purpose = parse_event(bytes(opening)) if opening is not None else None
    stated = purpose if isinstance(purpose, PurposeEvent) else None
    counts_in = {lane.value: lane_on_one_list(lane, stated) for lane in Lane}
    return {lane: counts for lane, counts in counts_in.items() if counts in lanes}


def _change(row: LatestChange, wanted: _Counting) -> Change:
    live = row.state == ChangeState.LIVE and row.lane in wanted
    return Change(
        EntryId(row.entry_id),
        row.added,
        row.index,
        row.stamp,
        live,
        wanted.get(row.lane, Lane(row.lane)),
        tuple(dict.fromkeys(wanted[lane] for lane in row.lanes if lane in wanted)),
        bytes(row.pdq).hex() if row.pdq is not None else None,
        bytes(row.md5).hex() if row.md5 is not None and live else None,
    )
