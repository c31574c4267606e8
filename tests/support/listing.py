"""Puts entries onto the hotline's list in the short forms that tests ask for."""

import os
from collections.abc import Sequence

from takeback.hashlist.events import EntryId, Provenance
from takeback.hashlist.signals import PdqSignal, Sha256Signal, Signal
from takeback.hotline.audit.domain import OPERATOR, REPORTER, Actor
from takeback.hotline.entries.actions import list_entries
from takeback.hotline.entries.amending import amend_entry
from takeback.hotline.log.access import log_origin
from takeback.hotline.log.sequencing import sequence_pending
from takeback.signals.lanes import Lane
from tests.support.actors import a_lead


def list_picture(
    signals: Sequence[Signal], lane: Lane = Lane.SELF_REPORTED, actor: Actor | None = None
) -> EntryId:
    """Put one picture on the list: a reporter's, or in another lane the operator's."""
    actor = actor or (REPORTER if lane is Lane.SELF_REPORTED else OPERATOR)
    (entry,) = list_entries([signals], lane, actor=actor)
    return entry


def list_imported(feed: str, pictures: Sequence[Sequence[Signal]]) -> list[EntryId]:
    """Put pictures on the list that stand on another organisation's."""
    provenance = Provenance(hotline=log_origin(), source="import", feed=feed)
    return list_entries(pictures, Lane.IMPORTED, provenance, actor=OPERATOR)


def signals_of(code: bytes, quality: int = 90) -> list[Signal]:
    digest = Sha256Signal(value=os.urandom(32).hex())
    return [PdqSignal(value=code.hex(), quality=quality), digest]


def sequenced_entry(*signals: Signal) -> EntryId:
    entry = list_picture(signals)
    sequence_pending()
    return entry


def amend(entry: EntryId, lane: Lane) -> None:
    """Move an entry to a lane, as an analyst will."""
    amend_entry(entry, lane=lane, actor=a_lead())
