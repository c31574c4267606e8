"""Puts entries onto the hotline's list in the short forms that tests ask for."""

from collections.abc import Sequence

from takeback.hashlist.events import EntryId, Provenance
from takeback.hashlist.signals import Signal
from takeback.hotline.entries.actions import list_entries
from takeback.hotline.log.access import log_origin
from takeback.signals.lanes import Lane


def list_picture(
    signals: Sequence[Signal], lane: Lane = Lane.SELF_REPORTED, actor: str = "reporter"
) -> EntryId:
    """Put one reported picture on the list."""
    (entry,) = list_entries([signals], lane, actor=actor)
    return entry


def list_imported(feed: str, pictures: Sequence[Sequence[Signal]]) -> list[EntryId]:
    """Put pictures on the list that stand on another organisation's."""
    provenance = Provenance(hotline=log_origin(), source="import", feed=feed)
    return list_entries(pictures, Lane.IMPORTED, provenance, actor="operator")
